import type { RuleText } from './rule-texts-recipient.ts';

/** Texts of our own in other languages than English, and of the rules about what is said on the way. */
export const LANGUAGE_TEXTS: readonly RuleText[] = [
  {
    rule: 'quota.other_language',
    channel: 'email',
    texts: [
      '552 das Postfach von Ann ist leider voll',
      '552 la boîte de réception est pleine',
      'El buzón está lleno',
      'la casella di Anna risulta piena',
      'a caixa do destinatário está cheia',
      'de postbus van de ontvanger zit vol',
      'skrzynka odbiorcy jest pełna',
      'posta kutusu dolu',
      'почтовый ящик переполнен',
      '该邮箱已满',
      'メールボックスの容量を超えました',
    ],
  },
  {
    rule: 'no_mailbox.other_language',
    channel: 'email',
    texts: [
      '550 Empfänger hier unbekannt',
      "550 ce destinataire n'existe plus",
      'no existe ese usuario',
      'destinatario sconosciuto',
      'este usuário não existe',
      'de gebruiker bestaat niet',
      'nieznany odbiorca',
      'kullanıcı bulunamadı',
      'okänd mottagare',
      'пользователь не найден',
      '宛先が見つかりません',
      '收件人不存在',
      '사용자를 찾을 수 없습니다',
    ],
  },
  {
    rule: 'disabled.other_language',
    channel: 'email',
    texts: [
      'dieses Konto wurde gelöscht',
      'le compte est désactivé depuis mars',
      'la cuenta fue desactivada',
      'la casella risulta disabilitata',
      'esta conta foi encerrada',
      'учетная запись удалена',
      '该账号已停用',
    ],
  },
  {
    rule: 'no_domain.other_language',
    channel: 'email',
    texts: [
      '550 die Domain existiert nicht',
      "le domaine indiqué n'existe pas",
      'el dominio no existe',
      'домен не существует',
      '域名不存在',
    ],
  },
  {
    rule: 'sender.other_language',
    channel: 'email',
    texts: [
      '550 der Absender ist hier nicht erwünscht',
      "l'expéditeur ne peut être vérifié",
      'remitente no permitido',
      'адрес отправителя не существует',
      '发件人被拒绝',
    ],
  },
  {
    rule: 'reputation.not_greeted',
    channel: 'email',
    texts: [
      'mx.shop.example[192.0.2.7] refused to talk to me: 554 go elsewhere',
      'host mx.shop.example refused to talk to us: 550 not you',
      'refused to talk to me: 521 we take nothing',
    ],
  },
  {
    rule: 'no_mailbox.called_invalid',
    channel: 'email',
    texts: [
      '550 that mailbox is invalid',
      "550 addressee isn't valid here",
      '553 the alias you chose is not a valid one',
    ],
  },
  {
    rule: 'disabled_temp.cannot_receive',
    channel: 'email',
    texts: [
      '550 this person cannot receive mail',
      'The customer has never logged on',
      'ann has to log in to enable mail again',
    ],
  },
  {
    rule: 'transient.local_delivery',
    channel: 'email',
    texts: [
      "550 can't create output file",
      'unable to chdir to the home of ann',
      '/home/ann/.forward: line 3: syntax',
    ],
  },
  {
    rule: 'text.size',
    channel: 'sms',
    texts: ['The body is too long', 'Media file too large', 'length exceeds ten segments'],
  },
];
