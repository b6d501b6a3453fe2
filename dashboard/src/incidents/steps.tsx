import { Box, Button, Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAccess } from "../access/session.ts";
import type { ApiKey } from "../keys/queries.ts";
import { ReplaceKey } from "../rotations/replace/replace-key.tsx";
import { Card } from "../ui/page.tsx";
import { MEANINGS } from "../ui/theme.ts";
import type { Incident } from "./queries.ts";

interface StepsProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly incident: Incident;
}

/** What to do about the exposure, in order, each with the button that does it. */
export function IncidentSteps({ tenant_id, apiKey, incident }: StepsProps) {
	const { may } = useAccess();
	const { rotation, status } = apiKey;
	const over = status === "revoked" || status === "expired" || apiKey.exposed_at === null;
	const to = { to: "/settings/api-access/$key_id", params: { key_id: apiKey.id } } as const;
	return (
		<Card title="What to do, in this order" flush>
			<ol className="kw-matters" aria-label="Steps">
				<Step
					done={over}
					title="Replace the key now"
					text={
						rotation === null
							? "The old and the new one both work until your programs have moved, so nothing breaks."
							: "A replacement is open. End the old key as soon as your programs have moved."
					}
				>
					{over || rotation === null ? (
						<ReplaceKey tenant_id={tenant_id} apiKey={apiKey} size="xs" variant={over ? "default" : "filled"} />
					) : (
						<Button
							size="xs"
							variant="filled"
							renderRoot={(props) => (
								<Link
									to="/settings/api-access/$key_id/rotations/$rotation_id"
									params={{ key_id: apiKey.id, rotation_id: rotation.id }}
									search={{ tenant: tenant_id }}
									{...props}
								/>
							)}
						>
							Open the replacement
						</Button>
					)}
				</Step>
				<Step
					done={status === "revoked"}
					title="Revoke it, if it is misused"
					text="Every request with it is then refused, also those of your own programs. This cannot be undone."
				>
					{may.revoke_keys && status !== "revoked" && (
						<Button
							size="xs"
							variant="default"
							c="red"
							renderRoot={(props) => <Link {...to} search={{ tenant: tenant_id, dialog: "revoke" }} {...props} />}
						>
							Revoke
						</Button>
					)}
				</Step>
				<Step
					done={incident.could.allowed_ips !== null}
					title="Let it in from your own addresses only"
					text={
						incident.could.allowed_ips === null
							? "Then a copy of the key works nowhere else. Below are the networks from which it is used."
							: `It works only from ${incident.could.allowed_ips.join(", ")}.`
					}
				>
					{may.manage_keys && status !== "revoked" && (
						<Button size="xs" variant="default" renderRoot={(props) => <Link {...to} search={{ tenant: tenant_id, dialog: "edit" }} {...props} />}>
							Narrow addresses
						</Button>
					)}
				</Step>
			</ol>
		</Card>
	);
}

interface StepProps {
	readonly done: boolean;
	readonly title: string;
	readonly text: string;
	readonly children: ReactNode;
}

function Step({ done, title, text, children }: StepProps) {
	const meaning = done ? "good" : "attention";
	return (
		<li className="kw-matter" data-done={done || undefined}>
			<span className="kw-shape" data-meaning={meaning} aria-hidden="true">
				{MEANINGS[meaning].shape}
			</span>
			<Group justify="space-between" gap="8px 16px" flex={1} miw={0}>
				<Box miw={0} flex="1 1 280px" maw={640} className="kw-wrap">
					<Text size="sm" fw={600}>
						{title}
						{done && (
							<Text span inherit fw={400} c="dimmed">
								{" "}
								· done
							</Text>
						)}
					</Text>
					<Text size="sm" c="dimmed">
						{text}
					</Text>
				</Box>
				<div className="kw-never-printed">{children}</div>
			</Group>
		</li>
	);
}
