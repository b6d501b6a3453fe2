import { acceptedRules } from "../../../../../client/testing/wrong-rules.ts";
import { guard } from "../../lib/guard.ts";

export const dynamic = "force-dynamic";

export const GET = () =>
	Response.json({ accepted: [...acceptedRules(guard.check), ...acceptedRules((rules) => guard(rules, () => new Response()))] });
