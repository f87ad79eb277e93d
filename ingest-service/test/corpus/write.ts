import { madeCorpus, writeCorpus } from './files.ts';

/* `node ingest-service/test/corpus/write.ts`: writes the corpus anew, after a change of its grammar. */

const files = madeCorpus();
writeCorpus(files);
console.log(`${files.length} files`);
