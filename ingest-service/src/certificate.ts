import { readFileSync } from 'node:fs';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { Logger } from './log.ts';
import { watchFiles } from './watch-files.ts';

export type CertificateFiles = { readonly certFile: string; readonly keyFile: string };

/** PEM texts, proved to belong together. */
export type Certificate = {
  readonly cert: string;
  readonly key: string;
  /** ms */
  readonly expiresAt: number;
};

/**
 * Reads certificate and key. Throws when a file is not readable, is no PEM, or when the key is not
 * the certificate's.
 */
export function readCertificate({ certFile, keyFile }: CertificateFiles): Certificate {
  const cert = readFileSync(certFile, 'utf8');
  const key = readFileSync(keyFile, 'utf8');
  const leaf = new X509Certificate(cert);
  if (!leaf.checkPrivateKey(createPrivateKey(key))) {
    throw new Error(`the key in ${keyFile} does not belong to the certificate in ${certFile}`);
  }
  return { cert, key, expiresAt: Date.parse(leaf.validTo) };
}

/**
 * Looks at the files again and again, and hands over a certificate that has changed. One that is not
 * usable (yet: the two files may be replaced one after the other) is looked at again; the old one
 * stays in use.
 *
 * @returns stops the looking
 */
export function watchCertificate(
  files: CertificateFiles,
  logger: Logger,
  use: (certificate: Certificate) => void,
  everyMs: number,
): () => void {
  let complained = '';
  return watchFiles([files.certFile, files.keyFile], everyMs, ({ marks }) => {
    try {
      const certificate = readCertificate(files);
      use(certificate);
      const expiresAt = new Date(certificate.expiresAt).toISOString();
      logger.info({ expires_at: expiresAt }, 'the certificate was replaced');
      return true;
    } catch (error) {
      if (complained !== marks) logger.error({ error }, 'the new certificate is not usable');
      complained = marks;
      return false;
    }
  });
}
