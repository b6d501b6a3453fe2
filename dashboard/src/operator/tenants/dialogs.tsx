import type { ReactNode } from "react";
import { TeamInvite } from "../../tenants/team/invite.tsx";
import type { DialogName } from "../../ui/dialog/names.ts";
import { GuardedModal } from "../../ui/form/guarded-modal.tsx";
import { ChangePlan } from "./change-plan.tsx";
import { Details } from "./details.tsx";
import { DeleteTenant } from "./ending/delete.tsx";
import { SuspendTenant } from "./ending/suspend.tsx";
import { OwnLimits } from "./limits/own-limits-form.tsx";
import { PortalLink } from "./portal-link.tsx";
import type { Tenant } from "./queries.ts";
import type { TenantDialog } from "./search.ts";

interface DialogsProps {
	readonly tenant: Tenant;
	readonly dialog: TenantDialog | undefined;
	readonly onClose: () => void;
	readonly onDeleted: () => void;
}

/** The dialogs about one tenant; the address selects the open one. */
export function TenantDialogs({ tenant, dialog, onClose, onDeleted }: DialogsProps) {
	const common = { tenant, onClose };
	return (
		<>
			<TenantModal name="plan" title="Change the plan" opened={dialog === "plan"} onClose={onClose} size="lg">
				<ChangePlan {...common} />
			</TenantModal>
			<TenantModal name="limits" guarded title="Limits of its own" opened={dialog === "limits"} onClose={onClose} size="lg">
				<OwnLimits {...common} />
			</TenantModal>
			<TenantModal name="details" guarded title="Name and own id" opened={dialog === "details"} onClose={onClose}>
				<Details {...common} />
			</TenantModal>
			<TenantModal name="portal" guarded title="Portal link" opened={dialog === "portal"} onClose={onClose}>
				<PortalLink {...common} />
			</TenantModal>
			<TenantModal name="suspend" title="Suspend this tenant" opened={dialog === "suspend"} onClose={onClose}>
				<SuspendTenant {...common} />
			</TenantModal>
			<TenantModal name="delete" title="Delete this tenant" opened={dialog === "delete"} onClose={onClose}>
				<DeleteTenant {...common} onDeleted={onDeleted} />
			</TenantModal>
			<TeamInvite tenant_id={tenant.id} opened={dialog === "invite"} onClose={onClose} />
		</>
	);
}

interface ModalProps {
	readonly name: DialogName;
	readonly title: string;
	readonly opened: boolean;
	readonly onClose: () => void;
	readonly size?: string;
	/** Whether it holds a form, rather than a decision. */
	readonly guarded?: boolean;
	readonly children: ReactNode;
}

function TenantModal({ name, title, opened, onClose, size = "md", guarded = false, children }: ModalProps) {
	return (
		<GuardedModal
			name={name}
			opened={opened}
			onClose={onClose}
			title={title}
			size={size}
			undone="Nothing has been changed."
			closing="Close without changing anything"
			guarded={guarded}
		>
			{children}
		</GuardedModal>
	);
}
