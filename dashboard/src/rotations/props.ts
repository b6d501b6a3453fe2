import type { ApiKey } from "../keys/queries.ts";
import type { Rotation } from "./queries.ts";

export interface RotationProps {
	readonly tenant_id: string;
	readonly apiKey: ApiKey;
	readonly rotation: Rotation;
}
