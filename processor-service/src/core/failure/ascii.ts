const BEYOND_ASCII = /[\u0080-\uffff]/;

export function isAscii(text: string): boolean {
  return !BEYOND_ASCII.test(text);
}
