import { useQuery } from "@tanstack/react-query";
import { nameFrom, wordsOf } from "../../plans/capability-words.ts";
import { catalogueQuery } from "../catalogue/queries.ts";

/** The names of capabilities as people read them: the operator's own, else made of the technical one. */
export function useCapabilityNames(): (capability: string) => string {
	const { data } = useQuery(catalogueQuery);
	const names = new Map(data?.capabilities.map((capability) => [capability.name, wordsOf(capability).name]));
	return (capability) => names.get(capability) ?? nameFrom(capability);
}
