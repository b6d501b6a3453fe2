import type { FastifyInstance } from "fastify";
import { ownOrigins } from "./access/cross-site.ts";
import { type ContextParts, personGate, publicGate, recheckCredential, recheckSession, serviceGate } from "./access/gate.ts";
import { managementGate, operatorGate } from "./access/management-gate.ts";
import { parseOperatorTokens } from "./access/operators/token.ts";
import { ServiceCache } from "./access/services/cache.ts";
import { serviceKeysFrom } from "./access/services/service.ts";
import { rekeyService } from "./access/services/services.ts";
import { ALERT_RETENTION_DAYS_DEFAULT } from "./alerts/sweep.ts";
import { readDashboard } from "./app/dashboard.ts";
import { ENDERS } from "./app/enders.ts";
import { everyRoute } from "./app/every-route.ts";
import { startLoops } from "./app/loops.ts";
import { createMetrics } from "./app/metrics/metrics.ts";
import type { AppOptions } from "./app/options.ts";
import { createPeople } from "./app/people.ts";
import { metricsRoutes, publicRoutes } from "./app/public-routes.ts";
import { serveDashboard } from "./app/serve-dashboard.ts";
import { unsubscribeRoutes } from "./app/unsubscribe-routes.ts";
import { createVerification } from "./app/verification.ts";
import { auditKeysFrom } from "./audit/entry.ts";
import { ExportSlots } from "./audit/export-slots.ts";
import { ChainStates } from "./audit/state.ts";
import { ALL_TENANTS } from "./core/context.ts";
import { newRequestId } from "./core/request-id.ts";
import { deleteTenantFiles } from "./documents/sweep.ts";
import { Preflights } from "./exposure/preflights.ts";
import { forwardAuthAnswer } from "./forward-auth/answer.ts";
import { liveForwardAuth } from "./forward-auth/live.ts";
import { cursorSealFrom } from "./http/input/cursor-seal.ts";
import { mount } from "./http/mount.ts";
import { buildOpenApi } from "./http/openapi.ts";
import { createHttp, handleUnknownPaths } from "./http/server.ts";
import type { KeysContext } from "./keys/context.ts";
import { checkPeppers } from "./keys/secrets/pepper-check.ts";
import { getRekeyerName, rekeySecret } from "./keys/secrets/rekey.ts";
import { RekeyQueue } from "./keys/secrets/rekey-queue.ts";
import { mountLeakRoutes } from "./leaks/routes.ts";
import { unsubscribeKeysFrom } from "./mailing/unsubscribe-token.ts";
import type { Node } from "./nodes/node.ts";
import { createMailer } from "./outbox/mail/mailer.ts";
import { Outgoing } from "./outbox/outgoing/outgoing.ts";
import { collectFigures } from "./overview/health.ts";
import { LiveProfile } from "./plans/profile/live.ts";
import { anonymousRoutes, keyedRoutes, managementRoutes, operatorRoutes, personRoutes, serviceRoutes } from "./routes.ts";
import { aggregateUsage } from "./usage/aggregate.ts";
import { startFlushing } from "./usage/flush.ts";
import { keyedGate } from "./verification/gate.ts";
import type { Grant } from "./verification/grants/grant.ts";
import type { Grants } from "./verification/grants/grants.ts";
import { type KeyedRequest, KeyedRequestContext } from "./verification/keyed-context.ts";
import type { Verifier } from "./verification/verifier.ts";
import { EVENT_RETENTION_DAYS_DEFAULT } from "./webhooks/delivery/sweep.ts";
import { webhookKeysFrom } from "./webhooks/secrets.ts";
import { ALERT_TESTS, TestPace } from "./webhooks/test-pace.ts";

export interface App {
	readonly http: FastifyInstance;
	readonly node: Node;
	readonly verifier: Verifier;
	readonly grants: Grants;
	/** Creates a context of a system actor, for work without a request. */
	systemContext(name: string): KeysContext;
	/** Completes running requests, flushes counts and returns leased quota. Does not close the database. */
	stop(): Promise<void>;
}

/** Composes the application; `http` does not listen yet. Rejects when the database or its peppers are unsuitable. */
export async function createApp(options: AppOptions): Promise<App> {
	const { database, verification_database, clock, log } = options;
	const audit_keys = auditKeysFrom(options.peppers);
	const rekeying = new RekeyQueue(log);
	const { node, skew, meter, grants, ledger, imported_formats, holds_secret, filterHeader, verifier, exposures, refusals, exposed_keys } =
		createVerification({
			...options,
			onBarrier: (waited_ms) => metrics.barrier(waited_ms),
			onRekeyDue(grant, secret) {
				const identity = { kid: grant.kid, key_id: grant.key_id, tenant_id: grant.tenant.id, environment: grant.environment };
				rekeying.add(grant.kid, () => rekeySecret(systemContext(getRekeyerName(grant)), { ...identity, secret }));
			},
		});
	const forward_auth = liveForwardAuth({ database, node, log });
	const mailer = createMailer({ settings: options.mail ?? null, product_name: () => profile.known.product_name, log });
	const service_keys = serviceKeysFrom(options.peppers);
	const services = new ServiceCache({
		database: verification_database,
		node,
		service_keys,
		onOldPepper: (credential) => rekeying.add(credential.id, () => rekeyService(systemContext("pepper rotation"), credential)),
	});
	const outgoing = new Outgoing({ allowed: options.outgoing_allowed ?? null });
	const webhook_keys = webhookKeysFrom(options.peppers);
	const unsubscribe_keys = unsubscribeKeysFrom(options.peppers);
	const people = createPeople({
		...{ database, clock, log, mailer, peppers: options.peppers, public_url: options.public_url },
		productName: () => profile.known.product_name,
	});
	const preflights = new Preflights({ clock, filterHeader });
	const databases = { requests: database, verification: verification_database };
	const metrics = createMetrics({ node, skew, grants, meter, preflights, clock, databases });
	const keyed = keyedRoutes({ documents: options.documents });
	const every_route = everyRoute({ documents: options.documents });
	const openapi = JSON.stringify({ ...buildOpenApi(every_route, { version: options.version }), servers: [{ url: options.public_url }] });
	const profile = new LiveProfile({ database, node, log, public_url: options.public_url });
	const problem_type_base = () => profile.known.error_base_url;

	const system = {
		database,
		node,
		audit_keys,
		audit_exports: new ExportSlots(),
		audit_states: new ChainStates({ clock, log }),
		webhook_tests: new TestPace(clock),
		alert_tests: new TestPace(clock, ALERT_TESTS),
		clock,
		log,
		peppers: options.peppers,
		key_brand: options.key_brand,
		...{ service_keys, webhook_keys, unsubscribe_keys, outgoing, exposures, imported_formats, code_host: options.code_host ?? null },
		uploads_dir: options.uploads_dir,
		openapi,
		profile,
		forward_auth,
		mailer,
		/** Read again for each context that is derived from this one. */
		get problem_type_base() {
			return problem_type_base();
		},
		metrics,
		ledger,
		sign_in: people.sign_in,
		session_cookies: people.session_cookies,
		mailPasswordLink: people.mailPasswordLink,
		mailSignInLink: people.mailSignInLink,
		mailAddressLink: people.mailAddressLink,
		mailAddressChanged: people.mailAddressChanged,
		public_url: options.public_url,
		mail: mailer.enabled,
		processHealth: () => ({ ...{ version: options.version, embedded: options.single_node }, ...collectFigures({ skew, meter, grants }) }),
		enders: ENDERS,
		forget_documents: (tenant_id: string) => deleteTenantFiles(options.uploads_dir, tenant_id),
	};
	const systemContext = (name: string) => ({
		...system,
		actor: { kind: "system", name } as const,
		scope: ALL_TENANTS,
		request_id: newRequestId(),
		idempotency_key: null,
	});

	const storedAddress = (address: string | null) => (options.source_addresses === false ? null : address);

	class AppKeyedContext extends KeyedRequestContext {
		override get address() {
			return storedAddress(super.address);
		}
		readonly ledger = ledger;
		readonly uploads_dir = options.uploads_dir;

		get peppers() {
			return options.peppers;
		}

		get key_brand() {
			return options.key_brand;
		}

		recordConnectivityCheck(): void {
			if (this.grant.counter !== null) meter.recordConnectivityCheck(this.grant.counter, clock.now());
		}
	}

	await node.start();
	await profile.start();
	await imported_formats.start();
	await forward_auth.start();
	await checkPeppers(systemContext("start"));
	const flushing = startFlushing({ database, meter, clock, node, log });

	const verifying = { verifier, exposed_keys, log, trusted_proxies: options.trusted_proxies };
	const http = createHttp({
		...{ log, access_log: options.access_log, problem_type_base, onAnswered: metrics.answered, onDecided: metrics.decided },
		onHead(request, is_refused) {
			if (options.without_notifications !== true) exposed_keys.searchHead(request, is_refused);
			preflights.count(request);
		},
		forward_auth: forwardAuthAnswer({ ...verifying, forward_auth }),
	});
	const usage_first = { aggregateUsage: () => aggregateUsage({ database, log }) };
	const secretTestOf = exposed_keys.reporting(holds_secret);
	const mounted = { ...usage_first, secretTestOf, problem_type_base, cursors: cursorSealFrom(options.peppers), onDecided: metrics.decided };
	const operator_tokens = parseOperatorTokens(options.operator_token);
	const makeContext = <Parts extends ContextParts>(parts: Parts) => ({ ...system, verifier, ...parts, address: storedAddress(parts.address) });
	const gates = {
		operator_tokens,
		sessions: people.sessions,
		database,
		clock,
		...{ own_origins: ownOrigins(options.public_url), filterHeader },
		trusted_proxies: options.trusted_proxies,
	};
	mount(http, publicRoutes, publicGate({ ...gates, makeContext }), mounted);
	mount(http, unsubscribeRoutes, publicGate({ ...gates, makeContext }), mounted);
	mountLeakRoutes(http, { ...gates, makeContext, systemContext, verifier, exposures, log, holds_secret }, mounted);
	mount(http, anonymousRoutes, publicGate({ ...gates, makeContext }), mounted);
	mount(http, personRoutes, personGate({ ...gates, makeContext }), { ...mounted, afterBody: recheckSession(gates) });
	mount(http, metricsRoutes, operatorGate({ ...gates, makeContext }), mounted);
	mount(http, operatorRoutes, operatorGate({ ...gates, makeContext }), mounted);
	mount(http, managementRoutes, managementGate({ ...gates, makeContext }), mounted);
	mount(http, serviceRoutes, serviceGate({ ...gates, makeContext, services }), { ...mounted, afterBody: recheckCredential(services) });
	mount(
		http,
		keyed,
		keyedGate({
			...verifying,
			makeContext: (grant: Grant, request: KeyedRequest) => new AppKeyedContext(system, grant, request),
		}),
		mounted,
	);
	const served =
		options.dashboard_dir === undefined
			? null
			: serveDashboard(http, { dashboard: readDashboard(options.dashboard_dir), profile, public_url: options.public_url });
	handleUnknownPaths(http, [...every_route, ...(served?.pages ?? [])], { ...mounted, ...served });
	const audit_checkpoint_file = options.audit_checkpoint_file ?? null;
	const event_retention_days = options.event_retention_days ?? EVENT_RETENTION_DAYS_DEFAULT;
	const alert_retention_days = options.alert_retention_days ?? ALERT_RETENTION_DAYS_DEFAULT;
	const parts = { node, ledger, grants, exposures, refusals, outgoing, webhook_keys, mailer, profile, unsubscribe_keys, systemContext };
	const loops = await startLoops({ ...options, audit_checkpoint_file, event_retention_days, alert_retention_days, ...parts });

	return {
		http,
		node,
		verifier,
		grants,
		systemContext,
		async stop() {
			await http.close();
			await loops.stop();
			await profile.stop();
			await imported_formats.stop();
			await forward_auth.stop();
			await people.close();
			await flushing.stop();
			await exposures.stop();
			await ledger.returnAll();
			await node.stop();
		},
	};
}
