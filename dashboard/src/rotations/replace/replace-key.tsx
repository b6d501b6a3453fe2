import { Button, type ButtonProps } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useAccess } from "../../access/session.ts";
import type { ApiKey } from "../../keys/queries.ts";

interface ReplaceProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
}

/** Whether the key has a secret to replace and no open rotation. */
export function canReplace({ status, rotation, secrets, canary }: Pick<ApiKey, "status" | "rotation" | "secrets" | "canary">): boolean {
	return !canary && (status === "active" || status === "paused") && rotation === null && secrets.some((secret) => secret.status !== "retired");
}

/** Opens the sheet that replaces a key's secret. */
export function ReplaceKey({ tenant_id, apiKey, ...rest }: ReplaceProps & ButtonProps) {
	const { may } = useAccess();
	if (!may.create_keys || !canReplace(apiKey)) return null;
	return (
		<Button
			variant="default"
			leftSection={<IconRefresh size={16} aria-hidden="true" />}
			{...rest}
			renderRoot={(props) => (
				<Link
					to="/settings/api-access/$key_id"
					params={{ key_id: apiKey.id }}
					search={{ tenant: tenant_id, dialog: "replace" }}
					resetScroll={false}
					{...props}
				/>
			)}
		>
			Replace this key
		</Button>
	);
}
