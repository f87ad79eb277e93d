import { BodyError } from './body.ts';

const boundaryOf = (contentType: string): string | undefined => {
  const found = /boundary=(?:"([^"]+)"|([^;]+))/i.exec(contentType);
  return found?.[1] ?? found?.[2]?.trim();
};

const fieldName = /content-disposition:[^\r\n]*?\bname="([^"]*)"/i;
const hasFileName = /content-disposition:[^\r\n]*?\bfilename="[^"]/i;

/**
 * Reads the text fields of a multipart form: clients send long parameters that way.
 * External tables (parts with a file name and a structure) are not available.
 */
export const readForm = (body: Buffer, contentType: string): Map<string, string> => {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) throw new BodyError(400, 36, 'multipart without a boundary');
  const fields = new Map<string, string>();
  const mark = `--${boundary}`;
  let at = body.indexOf(mark);
  while (at !== -1) {
    const partStart = at + mark.length;
    if (body.toString('latin1', partStart, partStart + 2) === '--') return fields;
    const next = body.indexOf(`\r\n${mark}`, partStart);
    const headEnd = body.indexOf('\r\n\r\n', partStart);
    if (next === -1 || headEnd === -1 || headEnd > next) break;
    const head = body.toString('utf8', partStart, headEnd);
    const name = fieldName.exec(head)?.[1];
    if (name === undefined) throw new BodyError(400, 36, 'multipart field without a name');
    if (hasFileName.test(head)) {
      throw new BodyError(501, 48, 'External tables are not available here');
    }
    fields.set(name, body.toString('utf8', headEnd + 4, next));
    at = next + 2;
  }
  throw new BodyError(400, 36, 'multipart body that does not end');
};
