/**
 * The score definition computed plainly from all events at once: no state, no settling, no eviction,
 * no table of contributions. Slow, and written apart from the core, to hold the core against.
 * Within the bounds of the definition both must say the same.
 */
import { DAY_WEIGHTS, ENGAGEMENT_SCORES } from '../../src/core/weights.ts';
import type { Channel } from '../../src/core/event.ts';
import type { Fact } from './histories.ts';
import { DAY, HOUR, MINUTE, SECOND } from './histories.ts';

const day = (at: number): number => Math.floor(at / DAY);
const max = (values: readonly number[]): number | null =>
  values.length === 0 ? null : Math.max(...values);
const halfUp = (n: number, d: number): number => Math.floor((2 * n + d) / (2 * d));
const W = (age: number): number => DAY_WEIGHTS[age] ?? 0;

/** UTF-32 order, the long way. */
function byCodePoint(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)].map((text) =>
    text.map((c) => c.codePointAt(0)!),
  );
  for (let at = 0; at < Math.min(left!.length, right!.length); at += 1) {
    if (left![at] !== right![at]) return left![at]! - right![at]!;
  }
  return left!.length - right!.length;
}

type Part = { to: string; delivered: number | null; fails: Map<string, number> };
type Message = { id: string; channel: Channel; parts: Part[]; clicks: number[] };

const isChannel = (name: string): name is Channel =>
  ['email', 'sms', 'whatsapp', 'push'].includes(name);

function hasFailed(fact: Fact, cls: string | undefined): boolean {
  if (fact.metric === 'bounced') return true;
  const isText = fact.channel === 'sms' || fact.channel === 'whatsapp';
  return isText && cls === 'hard' && ['failed', 'attempted'].includes(fact.metric);
}

/** Targets that count: a push event without a device says nothing. */
function targetsOf(fact: Fact) {
  return fact.targets.filter(({ to }) => fact.channel !== 'push' || to !== '');
}

function messagesOf(facts: readonly Fact[]): Message[] {
  const messages = new Map<string, Message>();
  for (const fact of facts) {
    if (!isChannel(fact.channel) || fact.deliveryId === null) continue;
    const key = `${fact.channel} ${fact.deliveryId}`;
    const held = messages.get(key);
    const message = held ?? { id: fact.deliveryId, channel: fact.channel, parts: [], clicks: [] };
    messages.set(key, message);
    if (fact.metric === 'clicked' && !fact.isMachine) message.clicks.push(fact.ts);
    for (const { to, failure } of targetsOf(fact)) {
      const isFailed = hasFailed(fact, failure?.cls);
      if (fact.metric !== 'delivered' && !isFailed) continue;
      let part = message.parts.find((one) => one.to === to);
      if (part === undefined)
        message.parts.push((part = { to, delivered: null, fails: new Map() }));
      if (isFailed) {
        const name = `${failure!.cls}:${failure!.kind}`;
        part.fails.set(name, Math.min(part.fails.get(name) ?? Infinity, fact.ts));
      } else part.delivered = Math.min(part.delivered ?? Infinity, fact.ts);
    }
  }
  return [...messages.values()];
}

const deliveredAt = ({ parts }: Message): number | null => {
  const times = parts.flatMap(({ delivered }) => (delivered === null ? [] : [delivered]));
  return times.length === 0 ? null : Math.min(...times);
};

function humanClicks(message: Message): number[] {
  const delivered = deliveredAt(message);
  if (message.channel !== 'email' || delivered === null) return message.clicks;
  return message.clicks.filter((at) => at < delivered - MINUTE || at > delivered + 10 * SECOND);
}

function severity(name: string): number {
  const [cls, kind] = name.split(':');
  if (cls === 'unknown') return 2;
  if (cls !== 'soft' || kind === 'size') return 0;
  return ['quota', 'disabled_temp', 'unreachable'].includes(kind!) ? 4 : 2;
}

type Days = { success: Map<number, number>; q: Map<number, number>; block: Set<number> };

function daysOf(messages: readonly Message[], channel: Channel, to: string): Days {
  const days: Days = { success: new Map(), q: new Map(), block: new Set() };
  for (const message of messages) {
    if (message.channel !== channel) continue;
    for (const part of message.parts) {
      if (channel !== 'push' && part.to !== to) continue;
      if (part.fails.size === 0 && part.delivered !== null) {
        const on = day(part.delivered);
        days.success.set(on, (days.success.get(on) ?? 0) + 1);
      }
      for (const [name, at] of part.fails) {
        if (name.startsWith('block:')) days.block.add(day(at));
        days.q.set(day(at), Math.max(days.q.get(day(at)) ?? 0, severity(name)));
      }
    }
  }
  return days;
}

function softUntil(channel: Channel, days: Days, cutDay: number): number | null {
  const isText = channel === 'sms' || channel === 'whatsapp';
  const need = isText ? { n: 3, span: 3, sum: 2 } : { n: 5, span: 7, sum: 3 };
  const all = [...new Set([...days.success.keys(), ...days.q.keys()])].sort((a, b) => a - b);
  let rung = 0;
  let until: number | null = null;
  let streak: { d: number; q: number }[] = [];
  for (const d of all) {
    if ((days.success.get(d) ?? 0) > 0) {
      [rung, until, streak] = [0, null, []];
      continue;
    }
    const q = days.q.get(d) ?? 0;
    if (q === 0 || d <= cutDay) continue;
    const previous = streak.at(-1);
    if (previous !== undefined && d - previous.d > 180) [rung, until] = [0, null];
    streak.push({ d, q });
    if (rung > 0 && d < until!) continue;
    if (rung > 0) {
      rung += 1;
      until = d + Math.min(30 * rung, 90);
      continue;
    }
    const near = streak.filter((one) => d - one.d <= 90);
    const sum = near.reduce((total, one) => total + W(d - one.d) * one.q, 0);
    const first = near.length >= need.n && d - near[0]!.d >= need.span && sum >= need.sum * 262144;
    const wide = streak.filter((one) => d - one.d <= 120);
    const second = wide.length >= 4 && d - wide[0]!.d >= 60;
    if (first || second) [rung, until] = [1, d + 30];
  }
  return until;
}

export function plainView(facts: readonly Fact[], asked: number) {
  const latest = max(facts.map(({ ts }) => ts)) ?? asked;
  const now = Math.max(asked, latest);
  const today = day(now);
  const messages = messagesOf(facts);
  const reinstated = max(facts.filter((f) => f.order === 'reinstate').map((f) => f.ts));
  const cutDay = reinstated === null ? -Infinity : day(reinstated);
  const cleared = (at: number, by: number | null = reinstated): boolean => by !== null && by > at;
  const complaints = facts.filter((f) => f.channel === 'email' && f.metric === 'spammed');
  const complaintAt = max(complaints.map((f) => f.ts));

  const consentOf = (layer: string): { state: string; off: number | null } => {
    const of = (isOn: boolean) =>
      max(
        facts
          .filter((f) => f.consents.some((c) => c.layer === layer && c.isOn === isOn))
          .map((f) => f.ts),
      );
    const [on, off] = [of(true), of(false)];
    if (off !== null && (on === null || off >= on)) return { state: 'off', off };
    return { state: on === null ? 'unknown' : 'on', off };
  };
  const profileConsent = consentOf('profile');

  const humans = messages.flatMap((m) => humanClicks(m));
  const engaging = facts.filter(
    (f) =>
      f.order === 'engage' ||
      ((isChannel(f.channel) || f.channel === 'in_app') &&
        ['converted', 'replied'].includes(f.metric)) ||
      (f.channel === 'in_app' && f.metric === 'clicked' && !f.isMachine),
  );
  const engagedAt = max([...humans, ...engaging.map((f) => f.ts)]);
  const mails = facts
    .filter((f) => f.channel === 'email' && f.metric === 'delivered')
    .map((f) => f.ts);
  const deliveredDays = (channel: Channel): number[] =>
    messages
      .filter((m) => m.channel === channel && deliveredAt(m) !== null)
      .map((m) => day(deliveredAt(m)!));
  const exposure = Math.min(
    16,
    deliveredDays('email').filter((d) => engagedAt === null || d > day(engagedAt)).length,
  );
  const base = mails.length === 0 ? null : Math.max(engagedAt ?? -Infinity, Math.min(...mails));
  const cold = (days: number, least: number): boolean =>
    base !== null && now - base >= days * DAY && exposure >= least;
  const colds = { 60: cold(60, 3), 90: cold(90, 4), 180: cold(180, 6), 270: cold(270, 8) };

  const channelOf = (channel: Channel) => {
    const own = facts.filter((f) => f.channel === channel);
    const moving = own
      .filter((f) => ['sent', 'delivered', 'bounced', 'dropped', 'deferred'].includes(f.metric))
      .flatMap((f) => f.targets.map(({ to }) => ({ at: f.ts, to })))
      .filter(({ to }) => to !== '')
      .sort((a, b) => a.at - b.at || byCodePoint(a.to, b.to));
    const to = channel === 'push' ? '' : (moving.at(-1)?.to ?? '');
    const failures = own
      .flatMap((f) => targetsOf(f).map((t) => ({ f, t })))
      .filter(({ f, t }) => hasFailed(f, t.failure?.cls));
    const hardOf = (address: string) =>
      max(
        failures
          .filter(({ t }) => t.to === address && t.failure?.cls === 'hard')
          .map(({ f }) => f.ts),
      );
    const reachedOf = (address: string) =>
      max(
        own
          .filter((f) => f.metric === 'delivered' && f.targets.some((t) => t.to === address))
          .map((f) => f.ts),
      );
    const stands = (at: number | null): at is number => at !== null && !cleared(at);
    const sure = max(
      messages
        .filter((m) => m.channel === channel)
        .flatMap((m) =>
          humanClicks(m).filter(
            (at) => deliveredAt(m) === null || at >= deliveredAt(m)! + 10 * MINUTE,
          ),
        ),
    );
    const devices = [...new Set(own.flatMap((f) => targetsOf(f).map((t) => t.to)))];
    const live = devices.filter((one) => !stands(hardOf(one)));
    let hard: number | null = null;
    let hasLife = false;
    if (channel === 'push') {
      if (devices.length > 0 && live.length === 0) {
        hard = max(devices.map((one) => hardOf(one)!));
        hasLife = devices.some((one) => (reachedOf(one) ?? -Infinity) > hardOf(one)! + DAY);
      }
    } else if (stands(hardOf(to))) {
      hard = hardOf(to)!;
      hasLife = (reachedOf(to) ?? -Infinity) > hard + DAY;
    }
    const espAt = max(
      own
        .filter((f) => f.metric === 'dropped' && channel !== 'push')
        .filter((f) => f.targets.some((t) => t.to === to && t.failure?.cls === 'suppressed'))
        .map((f) => f.ts),
    );
    const hasEsp = stands(espAt) && !cleared(espAt, reachedOf(to));
    const hasComplaint = channel === 'email' && stands(complaintAt);
    const flag =
      hard !== null ? 'hard_bounce' : hasComplaint ? 'complaint' : hasEsp ? 'esp_suppressed' : null;

    const days = daysOf(messages, channel, to);
    const ages = [...new Set([...days.success.keys(), ...days.q.keys()])];
    const lastSuccess = max([...days.success.keys()]) ?? -Infinity;
    let [s, f, sbs, streak] = [0, 0, 0, 0];
    for (const d of ages) {
      const wins = days.success.get(d) ?? 0;
      const q = wins > 0 || d <= cutDay ? 0 : (days.q.get(d) ?? 0);
      s += W(today - d) * 4 * Math.min(wins, 3);
      f += W(today - d) * q;
      if (d > lastSuccess) sbs += W(today - d) * q;
      if (d > lastSuccess && q > 0 && today - d <= 90) streak += 1;
    }
    const byShare = halfUp(100 * (20 * 65536 + s), 21 * 65536 + s + f);
    const byStreak = halfUp(100 * 262144 - 10 * sbs, 262144);
    let score = Math.max(0, Math.min(100, byShare, byStreak));
    const proven = messages.some(
      (m) =>
        m.channel === channel &&
        m.parts.some(
          (p) => p.fails.size === 0 && p.delivered !== null && p.delivered > (reinstated ?? 0),
        ),
    );
    if (reinstated !== null && !proven) score = Math.min(score, 60);
    if (flag !== null) score = 0;
    const until = softUntil(channel, days, cutDay);
    const isSoft = until !== null && today < until;
    const band =
      flag !== null || isSoft
        ? 'suppressed'
        : score >= 80
          ? 'healthy'
          : score >= 60
            ? 'watch'
            : 'at_risk';
    const layer = consentOf(channel);
    const consent =
      profileConsent.state === 'off' || layer.state === 'off'
        ? 'off'
        : layer.state === 'on' || (channel === 'email' && profileConsent.state === 'on')
          ? 'on'
          : 'unknown';
    const byBand = { healthy: 0, watch: 7, at_risk: 14, suppressed: null }[band];
    const byCold = colds[270] ? null : colds[180] ? 90 : colds[90] ? 30 : colds[60] ? 14 : 0;
    const bandOnly = consent === 'off' ? null : byBand;
    const interval =
      channel !== 'email' || bandOnly === null
        ? bandOnly
        : byCold === null
          ? null
          : Math.max(bandOnly, byCold);
    const bounces = failures
      .map(({ f: fact, t }) => ({ at: fact.ts, cls: t.failure!.cls, kind: t.failure!.kind }))
      .sort((a, b) => a.at - b.at || byCodePoint(a.cls, b.cls) || byCodePoint(a.kind, b.kind));
    const counted = deliveredDays(channel);
    const within = (n: number): number =>
      counted.filter((d) => today - d >= 0 && today - d < n).length;
    return {
      fields: {
        score,
        band,
        deliverable: flag === null,
        blocked_by: flag ?? (isSoft ? 'soft_bounces' : null),
        suppressed_until:
          isSoft && flag === null ? new Date(until * DAY).toISOString().slice(0, 10) : null,
        consent,
        min_interval_days: interval,
        soft_bounce_score: halfUp(100 * sbs, 262144) / 100,
        soft_streak_days: streak,
        block_days_7d: [...days.block].filter((d) => today - d >= 0 && today - d <= 6).length,
        delivered_1d: within(1),
        delivered_7d: within(7),
        delivered_30d: within(30),
        reinstate_candidate:
          hard !== null && (hasLife || (sure !== null && sure >= hard + 10 * MINUTE)),
        hard_bounce_at: hard,
        last_bounce_at: bounces.at(-1)?.at ?? null,
        last_bounce_class: bounces.at(-1)?.cls ?? null,
        last_bounce_kind: bounces.at(-1)?.kind ?? null,
        live_devices: channel === 'push' ? live.length : null,
      },
      to,
      reachedAt: max(live.map((one) => reachedOf(one)).filter((at) => at !== null)),
    };
  };
  const channels = {
    email: channelOf('email'),
    sms: channelOf('sms'),
    whatsapp: channelOf('whatsapp'),
    push: channelOf('push'),
  };
  const email = channels.email.fields;
  const emailLayer = consentOf('email');
  const quiet = max(
    [
      complaintAt !== null && !cleared(complaintAt) ? complaintAt : null,
      profileConsent.state === 'off' ? profileConsent.off : null,
      emailLayer.state === 'off' ? emailLayer.off : null,
    ].filter((at) => at !== null),
  );
  const isQuiet = quiet !== null && now < quiet + 30 * DAY;
  const fit: string[] = [];
  if (email.deliverable && email.band !== 'suppressed' && email.consent !== 'off')
    fit.push('email');
  const { push } = channels;
  for (const band of ['healthy', 'watch', 'at_risk']) {
    for (const name of ['push', 'sms', 'whatsapp'] as const) {
      const { fields } = channels[name];
      if (isQuiet || !fields.deliverable || fields.band !== band || fields.consent !== 'on')
        continue;
      if (name === 'push' && !(push.reachedAt !== null && now < push.reachedAt + 30 * DAY))
        continue;
      fit.push(name);
    }
  }

  const failed = messages
    .filter((m) => m.channel === 'email')
    .flatMap((m) =>
      m.parts.filter((p) => p.to === channels.email.to && p.fails.size > 0).map((p) => ({ m, p })),
    )
    .map(({ m, p }) => {
      const fails = [...p.fails].sort(
        (a, b) => a[1] - b[1] || byCodePoint(a[0].replace(':', '\0'), b[0].replace(':', '\0')),
      );
      return { id: m.id, m, name: fails.at(-1)![0], at: fails.at(-1)![1] };
    })
    .sort((a, b) => a.at - b.at || byCodePoint(a.id, b.id));
  const last = failed.at(-1);
  const delay = { 'soft:transient': 4, 'soft:quota': 24, 'block:rate': 24 }[last?.name ?? ''];
  const isOffered =
    last !== undefined &&
    delay !== undefined &&
    deliveredAt(last.m) === null &&
    !failed.slice(0, -1).some(({ at }) => at >= last.at - 7 * DAY) &&
    email.deliverable &&
    email.band !== 'suppressed' &&
    email.consent !== 'off' &&
    now < last.at + 7 * DAY;
  const resendAfter = isOffered ? last.at + delay * HOUR : null;

  const cadences: Record<number, string> = {
    0: 'normal',
    7: 'weekly',
    14: 'biweekly',
    30: 'monthly',
    90: 'quarterly',
  };
  return {
    email,
    sms: channels.sms.fields,
    whatsapp: channels.whatsapp.fields,
    push: push.fields,
    preferred_channel: fit[0] ?? null,
    fallback_channel: fit[1] ?? null,
    complaint_count: Math.min(50, new Set(complaints.map((f) => f.deliveryId)).size),
    last_complaint_at: complaintAt,
    last_human_click_at: max(
      messages.filter((m) => m.channel === 'email').flatMap((m) => humanClicks(m)),
    ),
    last_engaged_at: engagedAt,
    engaged_30d: engagedAt !== null && now < engagedAt + 30 * DAY,
    email_engagement_score:
      engagedAt === null ? null : (ENGAGEMENT_SCORES[today - day(engagedAt)] ?? 0),
    delivered_since_engaged: exposure,
    cold_60d: colds[60],
    cold_90d: colds[90],
    cold_180d: colds[180],
    cold_270d: colds[270],
    graymail: exposure >= (engagedAt === null ? 11 : 16),
    recommended_cadence:
      email.consent === 'off' || email.band === 'suppressed'
        ? 'none'
        : email.min_interval_days === null
          ? 'sunset'
          : cadences[email.min_interval_days],
    resend_eligible: resendAfter !== null && now >= resendAfter,
    resend_after: resendAfter,
    resend_reason: isOffered ? last.name : null,
  };
}
