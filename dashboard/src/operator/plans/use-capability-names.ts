import { useQuery } from "@tanstack/react-query";
import { getCapabilityText, nameFrom } from "../../plans/capability-words.ts";
import { catalogueQuery } from "../catalogue/queries.ts";

/** Display names of capabilities: the operator's own, else derived from the technical name. */
export function useCapabilityNames(): (capability: string) => string {
	const { data } = useQuery(catalogueQuery);
	const names = new Map(data?.capabilities.map((capability) => [capability.name, getCapabilityText(capability).name]));
	return (capability) => names.get(capability) ?? nameFrom(capability);
}
