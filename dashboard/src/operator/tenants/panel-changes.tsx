import { Anchor, Box, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { sentenceText } from "../../audit/sentence.ts";
import { SentenceView, useSentences } from "../../audit/sentence-view.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Time } from "../../ui/time.tsx";
import { Block, Fact } from "./panel-blocks.tsx";
import { CHANGES_SHOWN, changesQuery } from "./queries.ts";

const FACT_PX = 28;

/** The newest entries of the audit log that are about the tenant, each as a sentence. */
export function PanelChanges({ tenant_id }: { tenant_id: string }) {
	const { data: changes, error } = useQuery(changesQuery(tenant_id));
	const tell = useSentences("all", true);
	return (
		<Block
			title="Last changes"
			aside={
				<Anchor fz={12} flex="none" renderRoot={(props) => <Link to="/operator/audit" search={{ of: tenant_id }} {...props} />}>
					Audit
				</Anchor>
			}
		>
			{changes === undefined && ((error && <Problem error={error} />) || <Skeleton height={CHANGES_SHOWN * FACT_PX} />)}
			<Box component="dl" m={0}>
				{changes?.map((entry) => {
					const sentence = tell(entry);
					return (
						<Fact key={entry.id} name={<Time short value={entry.at} />}>
							<Text span fz={13} truncate display="block" title={sentenceText(sentence)} className="kw-tenant-change">
								<SentenceView sentence={sentence} />
							</Text>
						</Fact>
					);
				})}
			</Box>
		</Block>
	);
}
