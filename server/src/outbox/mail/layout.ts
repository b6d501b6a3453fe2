import { escapeHtml } from "../../core/html.ts";
import type { OwnLink } from "./mails.ts";

/** The content of a mail with a button. All texts are sanitised. */
export interface Layout {
	readonly subject: string;
	readonly paragraphs: readonly string[];
	readonly button: string;
	readonly link: OwnLink;
	/** Why the recipient gets it. */
	readonly reason: string;
	readonly unsubscribe: { readonly link: OwnLink; readonly label: string } | null;
	readonly product_name: string;
	/** `#rrggbb`, dark enough for white text; null for the default. */
	readonly accent_color: string | null;
	readonly support: OwnLink | null;
	/** The combined head of the audit log (docs/audit.md); null for none. */
	readonly audit_head: string | null;
}

const ACCENT = "#3b5bdb";
const AUDIT_HEAD = "Audit log, to compare later:";

export function formatText(layout: Layout): string {
	const { paragraphs, button, link, reason, unsubscribe, support, audit_head } = layout;
	return [
		...["Hello,", ""],
		...paragraphs.flatMap((paragraph) => [paragraph, ""]),
		...[`${button}:`, link.href, ""],
		...["-- ", reason],
		...(support ? ["Help:", support.href] : []),
		...(unsubscribe ? [`${unsubscribe.label}:`, unsubscribe.link.href] : []),
		...(audit_head === null ? [] : [AUDIT_HEAD, audit_head]),
		"",
	].join("\n");
}

/** Mail programs support few styles, and only on elements; the dark colours are in a style sheet that those without dark mode ignore. */
const DARK = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
	.page { background: #15171c !important; }
	.card { background: #1f2229 !important; border-color: #3a3f4a !important; }
	.text { color: #e8eaee !important; }
	.quiet, .quiet a { color: #a9afbb !important; }
}`;

/** Its time stays on one line; its digest is broken anywhere on a narrow screen. */
function formatHead(audit_head: string): string {
	const [time = "", digest = ""] = audit_head.split(" ");
	const mono = "font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 12px;";
	return `<span style="${mono} white-space: nowrap;">${escapeHtml(time)}</span> <span style="${mono} word-break: break-all;">${escapeHtml(digest)}</span>`;
}

export function formatHtml(layout: Layout): string {
	const { subject, paragraphs, button, link, reason, unsubscribe, product_name, support, audit_head } = layout;
	const accent = layout.accent_color ?? ACCENT;
	const font = "font-family: system-ui, -apple-system, 'Segoe UI', sans-serif;";
	const linked = (href: string, text: string) => `<a href="${escapeHtml(href)}" style="color: #5a6270;">${escapeHtml(text)}</a>`;
	const foot = [
		escapeHtml(reason),
		...(support ? [linked(support.href, "Help")] : []),
		...(unsubscribe ? [linked(unsubscribe.link.href, unsubscribe.label)] : []),
		...(audit_head === null ? [] : [`${AUDIT_HEAD}<br>\n${formatHead(audit_head)}`]),
	];
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject)}</title>
<style>${DARK}
</style>
</head>
<body class="page" style="margin: 0; padding: 24px 12px; background: #f3f4f6;">
<div class="card" style="max-width: 560px; margin: 0 auto; padding: 28px; background: #ffffff; border: 1px solid #d9dce2; border-radius: 8px; overflow-wrap: anywhere; word-break: break-word;">
<p class="quiet" style="${font} margin: 0 0 16px; font-size: 14px; color: #5a6270;">${escapeHtml(product_name)}</p>
${paragraphs.map((text) => `<p class="text" style="${font} margin: 0 0 20px; font-size: 16px; line-height: 1.5; color: #1c1f26;">${escapeHtml(text)}</p>`).join("\n")}
<p style="margin: 0 0 24px;"><a href="${escapeHtml(link.href)}" style="${font} display: inline-block; padding: 11px 18px; border-radius: 6px; background: ${accent}; color: #ffffff; font-size: 16px; font-weight: 600; text-decoration: none;">${escapeHtml(button)}</a></p>
<p class="quiet" style="${font} margin: 0; font-size: 13px; line-height: 1.6; color: #5a6270;">${foot.join("<br>\n")}</p>
</div>
</body>
</html>
`;
}
