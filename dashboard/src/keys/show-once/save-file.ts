/** Saves `text` as a file, then revokes its object URL, so that a key in it does not stay reachable. */
export function saveFile(name: string, text: string, type = "text/plain"): void {
	const url = URL.createObjectURL(new Blob([text], { type }));
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	link.click();
	URL.revokeObjectURL(url);
}
