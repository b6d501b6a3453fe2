import { Anchor, Box, Group, Progress, Skeleton, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useId } from "react";
import { ROLE_WORDS } from "../../access/roles.ts";
import { formatCount, formatSize, getLevel, getPercent, type Use } from "../../plans/meter.ts";
import { limitsQuery } from "../../plans/queries.ts";
import { membersQuery } from "../../tenants/team-queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { useNow } from "../../ui/time.tsx";
import { utcMidnight } from "../../ui/time-words.ts";
import { formatOwnLimits } from "./limits/own-limits.ts";
import { activityQuery, type Tenant } from "./queries.ts";
import type { TenantDialog } from "./search.ts";

const PEOPLE_SHOWN_MAX = 3;

interface BlockProps {
	readonly tenant: Tenant;
	readonly onShow: (dialog: TenantDialog) => void;
}

/** A part of the panel with a heading. */
export function Block({ title, aside, children }: { title: ReactNode; aside?: ReactNode; children: ReactNode }) {
	const id = useId();
	return (
		<Box component="section" className="kw-panel-block" aria-labelledby={id}>
			<Group justify="space-between" h={32} wrap="nowrap">
				<Title order={3} fz={14} id={id} className="kw-wrap" lineClamp={1}>
					{title}
				</Title>
				{aside}
			</Group>
			{children}
		</Box>
	);
}

/** One row of a part. Must be inside a `dl`. */
export function Fact({ name, children }: { name: ReactNode; children: ReactNode }) {
	return (
		<div className="kw-tenant-fact">
			<Text component="dt" fz={13} c="dimmed" truncate>
				{name}
			</Text>
			<Text component="dd" fz={13} m={0} className="kw-wrap">
				{children}
			</Text>
		</div>
	);
}

function TextButton({ onClick, children }: { onClick: () => void; children: ReactNode }) {
	return (
		<Anchor component="button" type="button" fz={12} flex="none" onClick={onClick}>
			{children}
		</Anchor>
	);
}

/** Five meters against the plan's limits, or the tenant's own. */
export function PanelPlan({ tenant, onShow }: BlockProps) {
	const { data: limits, error } = useQuery(limitsQuery(tenant.id));
	const now_ms = useNow();
	const quota = limits?.quota ?? null;
	const has = (capability: string) => limits?.capabilities.includes(capability) === true;
	return (
		<Block title={<>Plan: {limits?.plan.name ?? "…"}</>} aside={<TextButton onClick={() => onShow("plan")}>Change plan</TextButton>}>
			{limits === undefined ? (
				(error && <Problem error={error} />) || <Skeleton height={140} />
			) : (
				<>
					{quota === null ? (
						<div className="kw-use">
							<Text fz={13} c="dimmed">
								Requests
							</Text>
							<span />
							<Text fz={13} c="dimmed" ta="right">
								{has("m2m_api") ? "without limit" : NOT_INCLUDED}
							</Text>
						</div>
					) : (
						<UseLine name="Requests" use={{ used: quota.used, max: quota.requests }} included={has("m2m_api")} format={formatCount} />
					)}
					<UseLine name="Keys" use={limits.api_keys} included={has("m2m_api")} format={formatCount} />
					<UseLine name="Sites" use={limits.sites} format={formatCount} />
					<UseLine name="Documents" use={limits.documents} included={has("documents")} format={formatCount} />
					<UseLine name="Storage" use={limits.storage_bytes} included={has("documents")} format={formatSize} />
					{quota !== null && (
						<Text fz={12} c="dimmed" mt={4}>
							Requests begin anew {utcMidnight(quota.resets_at, now_ms)}.
						</Text>
					)}
				</>
			)}
		</Block>
	);
}

const NOT_INCLUDED = "not in this plan";
const BAR_COLORS = { fine: "indigo", unlimited: "gray", near: "yellow.7", full: "red" } as const;

interface UseLineProps {
	readonly name: string;
	readonly use: Use;
	/** False where the plan lacks the capability: then no maximum applies. */
	readonly included?: boolean;
	readonly format: (amount: number) => string;
}

function UseLine({ name, use, included = true, format }: UseLineProps) {
	const has_maximum = included && use.max !== null;
	const maximum = !included ? NOT_INCLUDED : use.max === null ? "without limit" : `of ${format(use.max)}`;
	return (
		<div className="kw-use" data-use={name}>
			<Text fz={13} c="dimmed">
				{name}
			</Text>
			{!has_maximum ? (
				<span />
			) : (
				<Progress.Root size={6} radius="sm">
					<Progress.Section value={getPercent(use)} color={BAR_COLORS[getLevel(use)]} aria-label={`${name}: ${format(use.used)} ${maximum}`} />
				</Progress.Root>
			)}
			<Text fz={13} ta="right" className="kw-figures">
				{(included || use.used > 0) && `${format(use.used)} `}
				<Text span fz={13} c="dimmed">
					{maximum}
				</Text>
			</Text>
		</div>
	);
}

/** The first members by role, and how many more there are. */
export function PanelPeople({ tenant, onShow }: BlockProps) {
	const { data, error } = useQuery(membersQuery(tenant.id));
	const members = data?.data;
	return (
		<Block
			title={
				<>
					People{" "}
					<Text span c="dimmed" fz={14} fw={400}>
						{members?.length}
					</Text>
				</>
			}
			aside={<TextButton onClick={() => onShow("invite")}>Invite a person</TextButton>}
		>
			{members === undefined && ((error && <Problem error={error} />) || <Skeleton height={28} />)}
			{members?.length === 0 && (
				<Text fz={13} c="dimmed">
					No one yet. Invite its first owner, or let your own back end send its people with a portal link.
				</Text>
			)}
			<Box component="dl" m={0}>
				{members?.slice(0, PEOPLE_SHOWN_MAX).map(({ id, name, email, role }) => (
					<Fact key={id} name={<bdi title={name}>{name}</bdi>}>
						<Text span fz={13} c="dimmed">
							{ROLE_WORDS[role].name}
							{email === null ? "" : ` · ${email}`}
						</Text>
					</Fact>
				))}
				{members !== undefined && members.length > PEOPLE_SHOWN_MAX && (
					<Fact name={`${members.length - PEOPLE_SHOWN_MAX} more`}>
						<Text span fz={13} c="dimmed">
							on its page Team
						</Text>
					</Fact>
				)}
			</Box>
		</Block>
	);
}

/** The day's requests, and whether the tenant has limits of its own. */
export function PanelActivity({ tenant, onShow }: BlockProps) {
	const { data: activity, error } = useQuery(activityQuery(tenant.id));
	return (
		<Block title="Last 24 hours" aside={<TextButton onClick={() => onShow("limits")}>Set its own limits</TextButton>}>
			{error !== null && activity === undefined && <Problem error={error} />}
			<Box component="dl" m={0}>
				<Fact name="Requests">
					{activity === undefined ? (
						"…"
					) : (
						<span className="kw-figures">
							{formatCount(activity.day.allowed + activity.day.refused)}
							{activity.day.refused > 0 && (
								<>
									{" · "}
									<Text span fz={13} c="var(--kw-ended)">
										{formatCount(activity.day.refused)} refused
									</Text>
								</>
							)}
						</span>
					)}
				</Fact>
				<Fact name="Limits of its own">
					<Text span fz={13} c="dimmed">
						{formatOwnLimits(tenant.limits)}
					</Text>
				</Fact>
			</Box>
		</Block>
	);
}
