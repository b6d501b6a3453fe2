import { Anchor, Box, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTenant } from "../../../access/session.ts";
import { ReplaceKey } from "../../../rotations/replace/replace-key.tsx";
import { Card } from "../../../ui/page.tsx";
import { MEANINGS } from "../../../ui/theme.ts";
import { Time } from "../../../ui/time.tsx";
import { type ApiKey, sourcesQuery } from "../../queries.ts";
import { getExposures } from "./words.ts";

/** Where and when the whole key was seen by others, with the way to replace it. Nothing for a key that is not exposed. */
export function KeyExposure({ tenant_id, apiKey }: { tenant_id: string; apiKey: ApiKey }) {
	const { role } = useTenant();
	const { data } = useQuery(sourcesQuery(tenant_id, apiKey.id));
	if (apiKey.exposed_at === null) return null;
	return (
		<Card title="This key is exposed" flush aside={<ReplaceKey tenant_id={tenant_id} apiKey={apiKey} size="xs" />}>
			<Text size="sm" c="dimmed" px={16} pb={8} maw={720}>
				The whole key was seen where others can read it. Replace it, and send the new one only from your server, in X-API-Key over HTTPS.
			</Text>
			<ul className="kw-matters" aria-label="Where it was seen">
				{getExposures(apiKey, data?.data ?? []).map(({ id, title, means, from, first_at, last_at, times }) => (
					<li key={id} className="kw-matter" data-exposure={id}>
						<span className="kw-shape" data-meaning="ended" aria-hidden="true">
							{MEANINGS.ended.shape}
						</span>
						<Box miw={0} className="kw-wrap">
							<Text size="sm" fw={600}>
								{title}
							</Text>
							<Text size="sm" c="dimmed">
								{means}
							</Text>
							<Group gap="4px 12px">
								<Text size="xs" c="dimmed">
									{times}, last <Time value={last_at} />
									{first_at !== last_at && (
										<>
											, first <Time value={first_at} />
										</>
									)}
								</Text>
								{from !== null && (
									<Text size="xs" c="dimmed">
										by <bdi>{from}</bdi>
									</Text>
								)}
							</Group>
						</Box>
					</li>
				))}
			</ul>
			{role !== "viewer" && (
				<Group className="kw-foot" px={16} mih={44}>
					<Anchor
						size="sm"
						fw={500}
						renderRoot={(props) => (
							<Link to="/settings/api-access/$key_id/incident" params={{ key_id: apiKey.id }} search={{ tenant: tenant_id }} {...props} />
						)}
					>
						See what it could and did touch, and what to do
					</Anchor>
				</Group>
			)}
		</Card>
	);
}
