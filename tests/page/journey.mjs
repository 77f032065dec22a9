// What a person does: signs in, searches, reads, uploads, proposes, looks at the change, merges it, and looks at the history.

import assert from "node:assert/strict";

import { ADA, GRACE, ID } from "./world.mjs";

/** `word` is in the names of what is made, so that it can be done twice. */
export async function journey({ page, judge }, world, word) {
  const step = (name) => judge.begin(`${word}, ${name}`);
  const sees = (text) => page.getByText(text).first().waitFor();

  step("signing in");
  await page.goto("/");
  await page.getByRole("link", { name: "Sign in" }).first().click();
  await page.getByLabel("Token").fill(GRACE);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();

  step("searching");
  await page.getByRole("searchbox").first().fill("sentiment");
  await page.getByRole("searchbox").first().press("Enter");
  await page.getByRole("link", { name: ID }).first().click();

  step("reading the card");
  await page.getByRole("heading", { name: "Tiny sentiment" }).waitFor();
  await page.getByRole("cell", { name: "0.914" }).waitFor();
  const picture = page.getByRole("img", { name: /The loss over 40 steps/ });
  assert.ok(await picture.evaluate(async (image) => (await image.decode(), image.naturalWidth > 0)), "the picture of the card is shown");
  await sees(`HF_ENDPOINT=${world.url}`);

  step("reading files");
  await page.getByRole("link", { name: "Files", exact: true }).click();
  await page.getByRole("link", { name: "train.py", exact: true }).click();
  await sees("class Settings");
  await page.goBack();
  await page.getByRole("link", { name: "model-q8_0.gguf", exact: true }).click();
  await sees("tiny.embedding_length");
  await sees("token_embd.weight");

  step("uploading");
  await page.goto(`/${ID}/tree/main`);
  await page.getByRole("link", { name: /Upload/ }).click();
  const large = `notes/${word}.bin`;
  await page.getByLabel("Files", { exact: true }).setInputFiles([
    { name: `${word}.md`, mimeType: "text/markdown", buffer: Buffer.from(`# ${word}\n\nMeasured **twice**.\n`) },
    { name: `${word}.bin`, mimeType: "application/octet-stream", buffer: Buffer.alloc(300_000, word) },
  ]);
  await page.getByLabel("Summary").fill(`Notes of ${word}`);
  await page.getByLabel(/^Folder/).fill("notes");
  await page.getByRole("button", { name: "Upload" }).click();
  await page.getByRole("heading", { name: `Notes of ${word}` }).waitFor();
  const proposal = new URL(page.url()).pathname;
  assert.match(proposal, /\/discussions\/\d+$/);

  step("looking at the change");
  await page.getByRole("link", { name: "Files changed" }).click();
  await sees("Measured **twice**.");
  await page.getByRole("heading", { name: large }).waitFor();

  step("merging");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in" }).first().waitFor();
  await page.goto(proposal);
  await page.getByRole("link", { name: "Sign in" }).first().click();
  await page.getByLabel("Token").fill(ADA);
  await page.getByRole("button", { name: "Sign in" }).click();
  page.on("dialog", (dialog) => dialog.accept());
  await page.getByRole("button", { name: "Merge into main" }).click();
  await sees("Merged as");

  step("looking at the history");
  await page.goto(`/${ID}/commits/main`);
  await page.getByRole("link", { name: `Notes of ${word}` }).first().click();
  await sees("Measured **twice**.");

  step("editing");
  await page.goto(`/${ID}/edit/main/notes/${word}.md`);
  const editor = page.getByLabel("Text");
  await editor.fill((await editor.inputValue()).replace("twice", "three times"));
  await page.getByLabel("Summary").fill(`One more measurement of ${word}`);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: `One more measurement of ${word}` }).waitFor();
  const notes = await page.request.get(`/${ID}/resolve/main/notes/${word}.md`);
  assert.equal(await notes.text(), `# ${word}\n\nMeasured **three times**.\n`);

  step("downloading");
  const file = await page.request.get(`/${ID}/resolve/main/${large}`);
  assert.equal((await file.body()).length, 300_000);

  step("signing out");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in" }).first().waitFor();
  judge.begin(`${word}, a private model`, 401);
  assert.equal((await page.goto("/ada/first-steps")).status(), 401);
}
