import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useSession } from "../access/session.ts";

/** A sentence about mails, shown only where the server sends mail. It names whom mails go to and promises none to the reader, who may not want them. */
export function Mailed({ children }: { children: ReactNode }) {
	const { mail } = useSession();
	if (!mail) return null;
	return (
		<Text size="xs" c="dimmed" data-mailed>
			{children}
		</Text>
	);
}
