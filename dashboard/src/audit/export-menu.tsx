import { Button, Menu } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { ApiError, toProblem } from "../http/api.ts";
import { toaster } from "../ui/toaster.tsx";

const FORMATS = [
	{ type: "text/csv", ending: "csv", label: "CSV", means: "for spreadsheets" },
	{ type: "application/x-ndjson", ending: "jsonl", label: "JSON Lines", means: "for programs" },
] as const;
type Format = (typeof FORMATS)[number];

const CUT_OFF = "The export ended early, so nothing was saved. Try again, or choose a shorter time.";

/** Downloads all entries of `path`. Rejects when the server refuses, and when the export ends early. */
async function download(path: string, { type, ending }: Format): Promise<void> {
	const response = await fetch(path, { headers: { accept: type }, credentials: "same-origin" });
	if (!response.ok) throw new ApiError(toProblem(await response.json().catch(() => null), response.status));
	const address = URL.createObjectURL(await response.blob());
	const link = document.createElement("a");
	link.href = address;
	link.download = `audit-${new Date().toISOString().slice(0, 10)}.${ending}`;
	link.click();
	URL.revokeObjectURL(address);
}

/** Saves everything that matches the filters as a file. */
export function ExportMenu({ path, filtered }: { path: () => string; filtered: boolean }) {
	const [busy, setBusy] = useState(false);
	async function save(format: Format): Promise<void> {
		setBusy(true);
		try {
			await download(path(), format);
		} catch (error) {
			toaster.failed("The export failed", error instanceof ApiError ? error.message : CUT_OFF);
		} finally {
			setBusy(false);
		}
	}
	return (
		<Menu position="bottom-end" width={240}>
			<Menu.Target>
				<Button variant="default" style={{ flexShrink: 0 }} leftSection={<IconDownload size={16} aria-hidden="true" />} loading={busy}>
					Export
				</Button>
			</Menu.Target>
			<Menu.Dropdown>
				<Menu.Label>{filtered ? "All entries that match" : "All entries"}</Menu.Label>
				{FORMATS.map((format) => (
					<Menu.Item key={format.type} onClick={() => void save(format)}>
						{format.label}, {format.means}
					</Menu.Item>
				))}
			</Menu.Dropdown>
		</Menu>
	);
}
