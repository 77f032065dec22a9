// Every page that there is: where it is, and whether its picture stands in the documentation.

import { ID } from "./world.mjs";

/** Pages of the samples, for one who may see all of them. `commit` is the last one of the model. */
export function pages(commit) {
  const model = `/${ID}`;
  const data = "/datasets/analytical/reviews";
  const space = "/spaces/analytical/sentiment-live";
  return [
    { name: "start", path: "/", picture: true },
    { name: "models", path: "/models?search=tiny", picture: true },
    { name: "models-all", path: "/models?sort=likes" },
    { name: "datasets", path: "/datasets" },
    { name: "spaces", path: "/spaces" },
    { name: "user", path: "/grace" },
    { name: "organisation", path: "/analytical", picture: true },
    { name: "activity", path: "/activity", picture: true },
    { name: "sign-in", path: "/login", anonymous: true, picture: true },
    { name: "tokens", path: "/settings/tokens", picture: true },
    { name: "new", path: "/new", picture: true },
    { name: "card", path: model, picture: true, phone: true },
    { name: "card-anonymous", path: model, anonymous: true },
    { name: "files", path: `${model}/tree/main`, picture: true, phone: true },
    { name: "folder", path: `${model}/tree/main/runs` },
    { name: "text", path: `${model}/blob/main/train.py`, picture: true },
    { name: "markdown", path: `${model}/blob/main/README.md` },
    { name: "json", path: `${model}/blob/main/config.json` },
    { name: "image", path: `${model}/blob/main/assets/loss.png` },
    { name: "csv", path: `${data}/blob/main/data/train.csv`, picture: true },
    { name: "safetensors", path: `${model}/blob/main/model.safetensors`, picture: true },
    { name: "gguf", path: `${model}/blob/main/model-q8_0.gguf`, picture: true },
    { name: "history", path: `${model}/commits/main`, picture: true },
    { name: "history-of-file", path: `${model}/commits/main/train.py` },
    { name: "commit", path: `${model}/commit/${commit}`, picture: true },
    { name: "refs", path: `${model}/refs`, picture: true },
    { name: "compare", path: `${model}/compare/main..experiment`, picture: true },
    { name: "repository-activity", path: `${model}/activity` },
    { name: "discussions", path: `${model}/discussions`, picture: true },
    { name: "discussion", path: `${model}/discussions/1`, picture: true },
    { name: "pull-request", path: `${model}/discussions/2`, picture: true },
    { name: "changes", path: `${model}/discussions/2/files`, picture: true, phone: true },
    { name: "new-discussion", path: `${model}/discussions/new` },
    { name: "settings", path: `${model}/settings`, picture: true },
    { name: "dataset", path: data },
    { name: "space", path: space },
    { name: "space-settings", path: `${space}/settings`, picture: true },
    { name: "gated", path: "/analytical/tiny-translator", anonymous: true },
    { name: "upload", path: `${model}/upload/main`, picture: true },
    { name: "edit", path: `${model}/edit/main/train.py`, picture: true },
    { name: "delete", path: `${model}/delete/main/train.py` },
    { name: "missing", path: "/ada/missing", status: 404, picture: true },
    { name: "sign-in-first", path: "/ada/first-steps", status: 401, anonymous: true },
  ];
}
