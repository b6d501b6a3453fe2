import { Button, type ButtonProps } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Alert } from "./queries.ts";

interface CureProps extends ButtonProps {
	readonly tenant_id: string;
	readonly alert: Alert;
	/** False for viewers, who are led to what they may see. */
	readonly manages: boolean;
}

/** Where something can be done about the alert, as a button. Null if there is no such page. */
export function Cure({ tenant_id, alert, manages, ...button }: CureProps) {
	const { rule, key_id, evidence } = alert;
	const search = { tenant: tenant_id };
	if (rule === "limit_near" && key_id === null)
		return <Way label="Show the limits" link={(props) => <Link to="/plan" search={search} {...props} />} {...button} />;
	if (rule === "webhook_failing") {
		if (!manages) return null;
		const webhook = typeof evidence.webhook_id === "string" ? { webhook: evidence.webhook_id } : {};
		return <Way label="Show the webhook" link={(props) => <Link to="/webhooks" search={{ ...search, ...webhook }} {...props} />} {...button} />;
	}
	if (rule === "failures_jump") {
		const { code } = evidence;
		const found = { ...(key_id === null ? {} : { key: key_id }), ...(typeof code === "string" ? { code } : {}) };
		return <Way label="Show refusals" link={(props) => <Link to="/activity" search={{ ...search, ...found }} {...props} />} {...button} />;
	}
	if (key_id === null)
		return <Way label="Show the keys" link={(props) => <Link to="/settings/api-access" search={search} {...props} />} {...button} />;
	const params = { key_id };
	if (rule === "dead_key_presented") return <KeyTab label="Show refusals" tab="refusals" params={params} search={search} {...button} />;
	if (rule === "new_source") return <KeyTab label="Show clients" tab="clients" params={params} search={search} {...button} />;
	if (!manages || rule === "canary_used" || rule === "key_unused")
		return (
			<Way label="Open the key" link={(props) => <Link to="/settings/api-access/$key_id" params={params} search={search} {...props} />} {...button} />
		);
	if (rule === "key_expiring") return <KeyTab label="Move the end" tab="settings" params={params} search={search} {...button} />;
	if (rule === "limit_near") return <KeyTab label="Show the settings" tab="settings" params={params} search={search} {...button} />;
	if (rule === "responsible_left") {
		const asked = { ...search, dialog: "transfer", of: key_id };
		return <Way label="Name another person" link={(props) => <Link to="/settings/api-access" search={asked} {...props} />} {...button} />;
	}
	return (
		<Way
			label="Replace this key"
			link={(props) => <Link to="/settings/api-access/$key_id" params={params} search={{ ...search, dialog: "replace" }} {...props} />}
			{...button}
		/>
	);
}

interface WayProps extends ButtonProps {
	readonly label: string;
	readonly link: (props: Readonly<Record<string, unknown>>) => React.ReactNode;
}

function Way({ label, link, ...button }: WayProps) {
	return (
		<Button variant="default" size="compact-sm" fw={500} renderRoot={link} {...button}>
			{label}
		</Button>
	);
}

interface TabProps extends ButtonProps {
	readonly label: string;
	readonly tab: "refusals" | "clients" | "settings";
	readonly params: { readonly key_id: string };
	readonly search: { readonly tenant: string };
}

function KeyTab({ tab, params, search, ...way }: TabProps) {
	return <Way link={(props) => <Link to="/settings/api-access/$key_id/$tab" params={{ ...params, tab }} search={search} {...props} />} {...way} />;
}
