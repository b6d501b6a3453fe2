import { Anchor, Group, Text } from "@mantine/core";
import type { paths } from "../http/openapi.gen.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { Fact, Facts } from "./facts.tsx";

type Profile = paths["/api/v1/api-profile"]["get"]["responses"][200]["content"]["application/json"];

/** The API profile, which the operator sets. Read-only, the same for every tenant. */
export function ProfileFacts({ profile }: { profile: Profile }) {
	const { product_name, api_base_url, check_request, documentation_url, status_url, support_url } = profile;
	const links = [
		{ text: "Documentation", url: documentation_url },
		{ text: "Status", url: status_url },
		{ text: "Support", url: support_url },
	].flatMap(({ text, url }) => (url === null ? [] : [{ text, url }]));
	return (
		<>
			<Facts>
				<Fact name="Product">
					<bdi>{product_name}</bdi>
				</Fact>
				<Fact name="Base address">
					<Group gap="sm">
						<span className="kw-mono kw-wrap">{api_base_url}</span>
						<CopyButton value={api_base_url} what="base address" size="compact-sm" />
					</Group>
				</Fact>
				<Fact name="To check a key">
					<span className="kw-mono kw-wrap">
						{check_request.method} {check_request.path}
					</span>
				</Fact>
				{links.length > 0 && (
					<Fact name="Links">
						<Group gap="md">
							{links.map(({ text, url }) => (
								<Anchor key={text} href={url} rel="noreferrer" inherit underline="always">
									{text}
								</Anchor>
							))}
						</Group>
					</Fact>
				)}
			</Facts>
			<Text size="sm" c="dimmed" mt="sm" className="kw-wrap">
				The operator of <bdi>{product_name}</bdi> sets these values. Every snippet that you copy contains them.
			</Text>
		</>
	);
}
