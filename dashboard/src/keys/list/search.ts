import { useNavigate, useSearch } from "@tanstack/react-router";
import { filtersFrom, type ListFilters } from "../list-filters.ts";

/** The filters in the address and their setter, which replaces the current history entry. */
export function useListFilters(): [ListFilters, (next: ListFilters) => void] {
	const search = useSearch({ strict: false });
	const navigate = useNavigate();
	const { tenant } = search;
	function change(next: ListFilters): void {
		void navigate({ to: "/settings/api-access", search: { ...(tenant === undefined ? {} : { tenant }), ...next }, replace: true });
	}
	return [filtersFrom(search), change];
}
