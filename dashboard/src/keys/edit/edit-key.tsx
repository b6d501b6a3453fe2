import { useSuspenseQuery } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import { flushSync } from "react-dom";
import { capabilitiesQuery, limitsQuery, permissionsQuery } from "../../plans/queries.ts";
import { sitesQuery } from "../../tenants/site-queries.ts";
import { membersQuery } from "../../tenants/team-queries.ts";
import { Drawer } from "../../ui/dialog/modal.tsx";
import { DropGuardDialog, useDropGuard } from "../../ui/form/drop-guard.tsx";
import { PageSkeleton } from "../../ui/page-skeleton.tsx";
import type { ApiKey } from "../queries.ts";
import { EditForm, type FormProps } from "./form.tsx";

const WIDTH_PX = 520;

interface EditProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly opened: boolean;
	readonly onClose: () => void;
	/** The field to focus first; the top by default. */
	readonly at?: "expiry";
	/** Whether it was opened to take away what the key did not need. */
	readonly narrows?: boolean;
}

/** A side sheet with every editable setting of a key. Asks before changes are dropped. */
export function EditKey({ tenant_id, apiKey, opened, onClose, at, narrows = false }: EditProps) {
	const [filled, setFilled] = useState(false);
	function finish(): void {
		// Before the address changes: leaving must not ask any more.
		flushSync(() => setFilled(false));
		onClose();
	}
	const guard = useDropGuard(opened && filled, finish);
	// After the event, because the confirmation listens on the window too and would be closed by the same Esc.
	const close = (): void => void setTimeout(guard.close);
	return (
		<>
			<Drawer
				name={at === undefined ? "edit" : "later-end"}
				opened={opened}
				onClose={close}
				closeOnEscape={!guard.asking}
				onExitTransitionEnd={() => setFilled(false)}
				size={WIDTH_PX}
				title="Edit this key"
				closeOnClickOutside={false}
				closeButtonProps={{ "aria-label": "Close without saving" }}
			>
				<Suspense fallback={<PageSkeleton />}>
					<Loaded
						tenant_id={tenant_id}
						apiKey={apiKey}
						narrows={narrows}
						onFilled={setFilled}
						onSaved={finish}
						onCancel={close}
						{...(at === undefined ? {} : { at })}
					/>
				</Suspense>
			</Drawer>
			<DropGuardDialog guard={guard} what="Your changes are not saved." />
		</>
	);
}

type LoadedProps = Omit<EditProps, "opened" | "onClose"> & Pick<FormProps, "onFilled" | "onSaved" | "onCancel">;

function Loaded({ tenant_id, apiKey, at, ...form }: LoadedProps) {
	const { data: permissions } = useSuspenseQuery(permissionsQuery(tenant_id));
	const { data: capabilities } = useSuspenseQuery(capabilitiesQuery(tenant_id));
	const { data: limits } = useSuspenseQuery(limitsQuery(tenant_id));
	const { data: sites } = useSuspenseQuery(sitesQuery(tenant_id));
	const { data: members } = useSuspenseQuery(membersQuery(tenant_id));
	return (
		<EditForm
			tenant_id={tenant_id}
			apiKey={apiKey}
			around={{
				choices: { offered: permissions.data, capabilities: capabilities.data, sites: sites.data, plan_limits: limits.rate_limits },
				people: members.data,
			}}
			{...form}
			{...(at === undefined ? {} : { at })}
		/>
	);
}
