import type { FailureText } from './normalise.ts';
import type { Rule } from './rule.ts';

/** How one language says it: who, and what is the matter with them. Patterns, lower case. */
type Language = {
  readonly who: string;
  readonly nobody: string;
  readonly disabled: string;
  readonly full: string;
};

const LANGUAGES: readonly Language[] = [
  {
    // German
    who: 'benutzer\\w*|empf(?:ä|ae)nger\\w*|adressat\\w*|adresse|postfach|konto|teilnehmer',
    nobody:
      'unbekannt|existier(?:t|en) nicht|nicht (?:mehr )?(?:bekannt|gefunden|vorhanden|existent|vergeben|verf(?:ü|ue)gbar)|ung(?:ü|ue)ltig|gibt es nicht|keine person',
    disabled: 'gel(?:ö|oe)scht|deaktiviert|geschlossen|abgelaufen|inaktiv|stillgelegt',
    full: 'voll\\b|(?:ü|ue)berschritten|zu ?viele mails',
  },
  {
    // French
    who: 'utilisateur|destinataire|adresse|bo[iî]te(?: aux lettres| de r[ée]ception)?|compte|messagerie',
    nobody: "inconnue?|inexistante?|n'existe (?:pas|plus)|invalide|introuvable|non trouv[ée]e?",
    disabled: 'd[ée]sactiv[ée]e?|ferm[ée]e?|expir[ée]e?|supprim[ée]e?|inactive?',
    full: 'pleine?|satur[ée]e?|d[ée]pass[ée]',
  },
  {
    // Spanish
    who: 'usuario|destinatario|cuenta|buz[oó]n|direcci[oó]n|casilla|correo|persona',
    nobody:
      'desconocid[oa]|no existe|inexistente|no (?:se )?(?:encontrad[oa]|encuentra|encontr[oó]|es v[aá]lid[oa])|inv[aá]lid[oa]|err[oó]ne[oa]|errad[oa]|errato',
    disabled:
      'inactiv[oa]|desactivad[oa]|deshabilitad[oa]|expirad[oa]|cerrad[oa]|eliminad[oa]|desuso|falta de uso',
    full: 'llen[oa]|excedid[oa]|sin espacio|supera',
  },
  {
    // Italian
    who: 'utente|destinatario|destin\\.|casella|indirizzo',
    nobody:
      'sconosciut[oa]|inesistente|non (?:esist\\w+|trovat[oa]|valid[oa]|conosciut[oa]|presente)|errat[oa]',
    disabled: 'disabilitat[oa]|disattivat[oa]|chius[oa]|scadut[oa]|inattiv[oa]|inutilizz\\w+',
    full: 'pien[oa]|esaurit[oa]',
  },
  {
    // Portuguese
    who: 'usu[aá]rio|destinat[aá]rio|conta|caixa(?: postal| de correio)?|endere[cç]o|utilizador',
    nobody:
      'desconhecid[oa]|inexistente|n[aã]o (?:existe|encontrad[oa]|foi encontrad[oa]|[eé] v[aá]lid[oa])|inv[aá]lid[oa]',
    disabled: 'desativad[oa]|inativ[oa]|encerrad[oa]|cancelad[oa]|desabilitad[oa]|exclu[ií]d[oa]',
    full: 'chei[oa]|lotad[oa]|excedeu|excedid[oa]',
  },
  {
    // Dutch
    who: 'gebruiker|ontvanger|adres|postbus|postvak',
    nobody: 'onbekende?|bestaat niet|niet gevonden|ongeldig',
    disabled: 'gedeactiveerd|opgeheven|verwijderd|niet meer in gebruik',
    full: 'vol\\b',
  },
  {
    // Polish
    who: 'u[żz]ytkownik\\w*|odbiorca|adres\\w*|skrzynk\\w+|kont[oa]',
    nobody: 'nie (?:istnieje|znaleziono|ma takiego|odnaleziono)|nieznan\\w+|nieprawid[łl]ow\\w+',
    disabled: 'nieaktywn\\w+|wy[łl][aą]czon\\w+|usuni[eę]t\\w+',
    full: 'pe[łl]n[aey]|przepe[łl]nion\\w+|przekroczon\\w+',
  },
  {
    // Czech and Slovak
    who: 'u[žz]ivate[lľ]\\w*|p[řr][íi]jemce|adresa|schr[áa]nka|[úu][čc]et',
    nobody: 'neexistuj[eí]|nezn[áa]m[ýáay]|nenalezen\\w*|nebyl\\w* nalezen\\w*',
    disabled: 'zablokov[áa]n\\w*|zru[šs]en\\w*|neaktivn\\w+',
    full: 'pln[áa]\\b',
  },
  {
    // Turkish
    who: 'kullan[ıi]c[ıi]\\w*|al[ıi]c[ıi]\\w*|adres\\w*|hesap|hesab[ıi]|posta kutusu',
    nobody: 'bulunamad[ıi]|mevcut de[gğ]il|ge[cç]ersiz|bilinmeyen|bilinmiyor|yok\\b',
    disabled: 'kapat[ıi]l\\w*|devre d[ıi][sş][ıi]|pasif|silinmi[sş]',
    full: 'dolu|dolmu[sş]',
  },
  {
    // Swedish, Danish, Norwegian
    who: 'anv[äa]ndare\\w*|mottagare\\w*|bruger\\w*|modtager\\w*|bruker\\w*|mottaker\\w*|adress\\w*|konto\\w*',
    nobody: 'ok[äa]nd|finns inte|ukendt|findes ikke|eksisterer ikke|ukjent|finnes ikke',
    disabled: 'inaktiverad\\w*|avslutad\\w*|deaktiveret|deaktivert|nedlagt',
    full: 'fullt?\\b|fuld\\b|overfylt',
  },
  {
    // Russian
    who: 'пользовател\\S*|получател\\S*|ящик\\S*|адрес\\S*|абонент\\S*|аккаунт\\S*|учетн\\S*',
    nobody:
      'не (?:найден|существует|зарегистрирован|обнаружен)\\S*|неизвест\\S*|нет такого|недейств\\S*|неверн\\S*',
    disabled: 'отключ[её]н\\S*|удал[её]н\\S*|неактив\\S*|закрыт\\S*|деактивирован\\S*',
    full: 'переполнен\\S*|превы[шс]\\S*|заполнен\\S*',
  },
  {
    // Japanese
    who: 'ユーザー?|アドレス|宛先|メールボックス|受信者|アカウント',
    nobody: '見つかりません|存在しません|不明|登録されていません|ありません',
    disabled: '無効|停止|削除',
    full: '容量|いっぱい|超過|満杯',
  },
  {
    // Chinese
    who: '用户|用戶|邮箱|郵箱|收件人|地址|账号|帐号|帳號|帐户|账户|信箱|使用者|收信人',
    nobody: '不存在|未找到|无效|無效|未开通|不正确|找不到|错误',
    disabled: '停用|注销|禁用|冻结|过期|已删除',
    full: '已满|已滿|空间不足|容量|超过|超出',
  },
  {
    // Korean
    who: '사용자|수신자|메일|주소|계정',
    nobody: '존재하지|없습니다|찾을 수 없|알 수 없',
    disabled: '비활성|정지|삭제|휴면',
    full: '용량|가득|초과',
  },
];

/** Words of the same languages for who sends. */
const SENDER =
  'absender|exp[ée]diteur|[ée]metteur|remitente|mittente|remetente|afzender|nadawc|odes[íi]latel|g[öo]nderen|avs[äa]ndare|avsender|отправител|発信者|送信者|差出人|发件人|發件人|寄件人|发信人|发送者|보낸|발신';
const DOMAIN = 'domaine?\\b|dominio|dom[ií]nio|домен|域名|ドメイン|도메인';

const beforeAndAfter = (who: string, what: string): string =>
  `(?:^|[^\\p{L}])(?:${who})[^\\p{L}](?:.{0,40}[^\\p{L}])?(?:${what})|(?:^|[^\\p{L}])(?:${what})[^\\p{L}](?:.{0,16}[^\\p{L}])?(?:${who})`;
/** Languages that put no space between words. */
const together = (who: string, what: string): string =>
  `(?:${who}).{0,14}(?:${what})|(?:${what}).{0,8}(?:${who})`;

const BEYOND_LATIN = /[\u3000-\u9fff\uac00-\ud7af]/;

function sayings(pick: (language: Language) => string): RegExp {
  const all = LANGUAGES.map((language) => {
    const join = BEYOND_LATIN.test(language.who) ? together : beforeAndAfter;
    return join(language.who, pick(language));
  });
  return new RegExp(all.join('|'), 'u');
}

const SAID_OF_MANY = /大量|频繁/;

function isNotAboutSender({ isAboutSender }: FailureText): boolean {
  return !isAboutSender;
}

/** What is said of the sender in other languages than English. */
export const SENDER_LANGUAGE_RULES: readonly Rule[] = [
  {
    rule: 'sender.other_language',
    cls: 'block',
    kind: 'sender',
    confidence: 0.85,
    pattern: new RegExp(SENDER),
  },
];

export const QUOTA_LANGUAGE_RULES: readonly Rule[] = [
  {
    rule: 'quota.other_language',
    cls: 'soft',
    kind: 'quota',
    confidence: 0.9,
    pattern: new RegExp(
      `${sayings(({ full }) => full).source}|mailbox (?:ist |is |zit )?(?:leider )?voll?\\b|speicher(?:platz|volumen|limit|grenze)|quota d[ée]pass`,
      'u',
    ),
  },
];

/** What is said of the recipient in other languages than English: who and what, in either order. */
export const RECIPIENT_LANGUAGE_RULES: readonly Rule[] = [
  {
    rule: 'no_domain.other_language',
    cls: 'hard',
    kind: 'no_domain',
    confidence: 0.85,
    pattern: new RegExp(
      `(?:${DOMAIN}).{0,20}(?:existiert nicht|n'existe pas|no existe|n[aã]o existe|non esiste|не существует|不存在|存在しません)`,
    ),
    when: isNotAboutSender,
  },
  {
    rule: 'disabled.other_language',
    cls: 'hard',
    kind: 'disabled',
    confidence: 0.85,
    pattern: sayings(({ disabled }) => disabled),
    unless: SAID_OF_MANY,
    when: isNotAboutSender,
  },
  {
    rule: 'no_mailbox.other_language',
    cls: 'hard',
    kind: 'no_mailbox',
    confidence: 0.9,
    pattern: new RegExp(
      `${sayings(({ nobody }) => nobody).source}|mailbox (?:ist |is )?(?:unbekannt|onbekend)|wurde nicht .{0,60}gefunden|宛先不明|无此用户|查无此人`,
      'u',
    ),
    unless: SAID_OF_MANY,
    when: isNotAboutSender,
  },
];
