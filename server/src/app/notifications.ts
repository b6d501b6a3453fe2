import { RulePauses } from "../alerts/pauses.ts";
import { evaluateNews, evaluateStates } from "../alerts/run.ts";
import { startLoop } from "../core/loop.ts";
import type { ExposureRecorder } from "../exposure/recorder.ts";
import { KeyNewsEmitter } from "../keys/news/emit.ts";
import { MailDeliverer, type MailDelivererOptions } from "../mailing/deliverer.ts";
import { mailOfFailingWebhooks } from "../overview/failing-mail.ts";
import { Deliverer, type DelivererOptions } from "../webhooks/delivery/deliverer.ts";

const EXPOSURES_EVERY_MS = 1_000;
const ALERTS_EVERY_MS = 1_000;
/** How often rules are looked for that are due; each has a time of its own. */
const ALERT_STATES_EVERY_MS = 5_000;
/** An event is sent within two seconds of its commit. */
const DELIVERY_EVERY_MS = 500;
const MAILS_EVERY_MS = 2_000;
const FAILING_MAIL_EVERY_MS = 60_000;
const NEWS_EVERY_MS = 10_000;

export interface NotificationOptions extends DelivererOptions, MailDelivererOptions {
	readonly exposures: ExposureRecorder;
}

/** Starts what notifies people and programs: exposures and news of keys are recorded, alerts evaluated, events and mails delivered. */
export function startNotifications(options: NotificationOptions): { stop(): Promise<void> }[] {
	const { database, clock, log, exposures, mailer } = options;
	const deliverer = new Deliverer(options);
	const mails = new MailDeliverer(options);
	const news = new KeyNewsEmitter({ database, clock });
	const evaluate = (name: string, every_ms: number, run: typeof evaluateNews) => {
		const pauses = new RulePauses(clock);
		return startLoop({ name, every_ms, log, run: async () => void (await run({ database, pauses })) });
	};
	const alerts = evaluate("alerts", ALERTS_EVERY_MS, evaluateNews);
	return [
		deliverer,
		mails,
		alerts,
		evaluate("alert_states", ALERT_STATES_EVERY_MS, evaluateStates),
		startLoop({ name: "webhook_delivery", every_ms: DELIVERY_EVERY_MS, log, run: () => deliverer.look() }),
		startLoop({ name: "key_news", every_ms: NEWS_EVERY_MS, log, run: () => news.look() }),
		// Without a mail server nothing is queued.
		...(mailer.enabled
			? [
					startLoop({ name: "mail_delivery", every_ms: MAILS_EVERY_MS, log, run: () => mails.look() }),
					startLoop({
						name: "failing_webhook_mails",
						every_ms: FAILING_MAIL_EVERY_MS,
						log,
						run: async () => void (await mailOfFailingWebhooks(options)),
					}),
				]
			: []),
		startLoop({
			name: "exposures",
			every_ms: EXPOSURES_EVERY_MS,
			log,
			// The alert is raised at once: it is promised within two seconds of the request.
			run: async () => {
				if (await exposures.flush()) await alerts.kick();
			},
		}),
	];
}
