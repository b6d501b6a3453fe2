import { Anchor, List, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ENVIRONMENT_WORDS } from "../../keys/words.ts";
import { Problem } from "../../ui/problem.tsx";
import { type Operator, type OperatorRemovalPreview, operatorRemovalPreviewQuery } from "./queries.ts";

const LOADING_PX = 44;

/** Lists what an operator created and is unused, which ends when they are removed, and the keys that they have seen, which do not. */
export function OperatorEnding({ operator }: { readonly operator: Operator }) {
	const { data, error } = useQuery(operatorRemovalPreviewQuery(operator.person_id));
	if (error !== null) return <Problem error={error} />;
	if (data === undefined) return <Skeleton height={LOADING_PX} />;
	return (
		<Stack gap="md">
			{data.ends.length > 0 && (
				<div>
					<Text size="sm" fw={600}>
						This ends as well:
					</Text>
					<List size="sm" spacing={4} mt={4}>
						{data.ends.map((thing) => (
							<List.Item key={`${thing.kind} ${thing.id}`} className="kw-wrap">
								<EndedWords {...thing} />
							</List.Item>
						))}
					</List>
				</div>
			)}
			{data.keys_shown.length > 0 && (
				<div>
					<Text size="sm" fw={600}>
						{operator.is_you ? "You have seen these keys" : "They have seen these keys"}
					</Text>
					<Text size="sm" c="dimmed">
						A person who has seen a key may still have it. These keep working: replace the ones that only others should know.
					</Text>
					<List size="sm" spacing={4} mt={4}>
						{data.keys_shown.map(({ key_id, tenant_id, name, environment, last4 }) => (
							<List.Item key={key_id} className="kw-wrap">
								<Anchor
									size="sm"
									renderRoot={(props) => (
										<Link to="/settings/api-access/$key_id" params={{ key_id }} search={{ tenant: tenant_id }} target="_blank" {...props} />
									)}
								>
									<bdi>{name}</bdi>
								</Anchor>{" "}
								({ENVIRONMENT_WORDS[environment].name}, <span className="kw-mono">…{last4}</span>) in <bdi>{tenant_id}</bdi>
							</List.Item>
						))}
					</List>
				</div>
			)}
		</Stack>
	);
}

function EndedWords({ kind, name, tenant_id }: OperatorRemovalPreview["ends"][number]) {
	const named = <bdi>{name}</bdi>;
	const place =
		tenant_id === null ? null : (
			<>
				{" "}
				in <bdi>{tenant_id}</bdi>
			</>
		);
	switch (kind) {
		case "invitation":
			return name === null ? (
				<>An invitation without an address{place}</>
			) : (
				<>
					The invitation to {named}
					{place}
				</>
			);
		case "handover":
			return (
				<>
					The one-time link to the key {named}
					{place}
				</>
			);
		case "rotation":
			return (
				<>
					The replacing of the key {named}
					{place}: its old secret stays as it is
				</>
			);
		case "portal_link":
			return (
				<>
					The portal link for {named}
					{place}
				</>
			);
		case "portal_session":
			return (
				<>
					The portal session of {named}
					{place}
				</>
			);
		case "password_reset":
			return <>The link to set the password of {named}</>;
		case "operator_invitation":
			return <>The invitation of {named} to run this instance</>;
	}
}
