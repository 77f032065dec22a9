// One transfer by the JavaScript client, with its own Xet. Run by xet.py.
//
// usage: node transfer.mjs upload|download REPO PATH FILE
// HF_ENDPOINT and HF_TOKEN are read from the environment.

import { downloadFile, uploadFile } from "@huggingface/hub";
import { openAsBlob } from "node:fs";
import { writeFile } from "node:fs/promises";

const [verb, repo, path, file] = process.argv.slice(2);
const server = { hubUrl: process.env.HF_ENDPOINT, accessToken: process.env.HF_TOKEN };

if (verb === "upload") {
  const content = await openAsBlob(file);
  const commit = await uploadFile({ ...server, repo, file: { path, content }, useXet: true });
  console.log(commit.commit.oid);
} else {
  const blob = await downloadFile({ ...server, repo, path, xet: true });
  if (blob === null) {
    throw new Error(`${path} is not in ${repo}`);
  }
  await writeFile(file, Buffer.from(await blob.arrayBuffer()));
}
