import { useNavigate, useSearch } from "@tanstack/react-router";
import { type TenantsSearch, tenantsSearchFrom } from "./search.ts";

/** The page's state in the address and its setter. Opening and closing are steps of the history; typing and sorting are not. */
export function useTenantsSearch(): [TenantsSearch, (next: TenantsSearch) => void] {
	const search = tenantsSearchFrom(useSearch({ strict: false }));
	const navigate = useNavigate();
	function change(next: TenantsSearch): void {
		const is_step = next.open !== search.open || next.dialog !== search.dialog;
		void navigate({ to: "/operator/tenants", search: next, replace: !is_step, resetScroll: false });
	}
	return [search, change];
}
