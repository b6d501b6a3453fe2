import { Stack } from "@mantine/core";
import { RotationHistory } from "../../rotations/history.tsx";
import { KeyRotation } from "../../rotations/key-rotation.tsx";
import type { ApiKey } from "../queries.ts";
import { KeySecrets } from "./secrets.tsx";

/** The secrets that the key has had, the open replacement and those of before. */
export function KeyVersions(props: { tenant_id: string; apiKey: ApiKey }) {
	return (
		<Stack gap={16}>
			<KeyRotation {...props} />
			<KeySecrets {...props} />
			<RotationHistory {...props} />
		</Stack>
	);
}
