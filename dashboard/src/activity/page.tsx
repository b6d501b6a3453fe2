import { useDocumentTitle } from "@mantine/hooks";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useTenant } from "../access/session.ts";
import { Activity } from "./activity.tsx";
import { type ActivitySearch, activitySearchFrom } from "./search.ts";

/** Requests and refusals of all keys of the tenant. */
export default function ActivityPage() {
	const tenant = useTenant();
	const search = activitySearchFrom(useSearch({ strict: false }));
	const navigate = useNavigate();
	const router = useRouter();
	useDocumentTitle("Activity");
	const target = (next: ActivitySearch) => ({ to: "/activity", search: { tenant: tenant.id, ...next } }) as const;
	return (
		<Activity
			key={tenant.id}
			tenant={tenant}
			search={search}
			// Moving from row to row, or closing the panel, adds no step back.
			onSearch={(next) => void navigate({ ...target(next), replace: search.explain !== undefined, resetScroll: false })}
			hrefOf={(next) => router.buildLocation(target(next)).href}
		/>
	);
}
