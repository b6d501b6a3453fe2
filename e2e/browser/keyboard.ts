/** The focus of a page, as a person without a mouse moves it. */
import { equal } from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { eventually } from "./browser.ts";

/** More than the controls of the longest page that is walked through. */
const TABS_MAX = 80;

/** Presses Tab until the control has the focus. */
export async function tabTo(page: Page, control: Locator): Promise<void> {
	const focused = control.and(page.locator(":focus"));
	for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
		if ((await focused.count()) > 0) return;
		await page.keyboard.press("Tab");
	}
	throw new Error(`${String(control)} is not reached by ${TABS_MAX} tabs`);
}

/** Fails if the focus is on nothing: then a screen reader begins at the top again, and the next Tab too. */
export function assertFocusKept(page: Page): Promise<void> {
	return eventually(async () => equal(await page.evaluate("document.activeElement?.tagName !== 'BODY'"), true, "the focus is on the body"));
}
