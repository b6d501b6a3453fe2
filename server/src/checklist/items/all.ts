import type { KeyFacts, TenantFacts } from "../facts.ts";
import type { Finding, ItemName } from "../item.ts";
import { assessPrivilege } from "./privilege.ts";
import { assessEnvironments, assessIntegrations } from "./separation.ts";
import { assessAddresses, assessExpiry, assessResponsible, assessRotation } from "./settings.ts";
import { assessMonitoring, assessRevocation } from "./tenant.ts";
import { assessConnectivity, assessIdle, assessServerSide } from "./traffic.ts";

interface KeyItem {
	readonly of: "key";
	/** Whether the item is about this key. */
	readonly applies: (key: KeyFacts) => boolean;
	readonly assess: (key: KeyFacts, tenant: TenantFacts) => Finding;
}
interface TenantItem {
	readonly of: "tenant";
	readonly assess: (tenant: TenantFacts) => Finding;
}

const always = () => true;
const inProduction = ({ environment }: KeyFacts) => environment === "prod";
/** A paused key is not used on purpose. */
const running = ({ paused_at }: KeyFacts) => paused_at === null;

/** How each item is assessed. */
export const ITEMS: Readonly<Record<ItemName, KeyItem | TenantItem>> = {
	environments_separate: { of: "key", applies: inProduction, assess: assessEnvironments },
	integrations_separate: { of: "key", applies: always, assess: assessIntegrations },
	server_side_only: { of: "key", applies: always, assess: assessServerSide },
	rotation_scheduled: { of: "key", applies: always, assess: assessRotation },
	connectivity_automated: { of: "key", applies: (key) => inProduction(key) && running(key), assess: assessConnectivity },
	revocation_rehearsed: { of: "tenant", assess: assessRevocation },
	failures_monitored: { of: "tenant", assess: assessMonitoring },
	least_privilege: { of: "key", applies: always, assess: assessPrivilege },
	no_idle_keys: { of: "key", applies: running, assess: assessIdle },
	responsible_present: { of: "key", applies: always, assess: assessResponsible },
	expiry_set: { of: "key", applies: inProduction, assess: assessExpiry },
	addresses_known: { of: "key", applies: inProduction, assess: assessAddresses },
};
