//! What the help shows as examples.

/// Words of a command, and lines that could be typed. A quoted word has no blank in it, so that tests can split lines.
pub(crate) const EXAMPLES: &[(&str, &[&str])] = &[
    ("auth login", &["hub auth login", "hub auth login --token-stdin < token.txt"]),
    ("auth logout", &["hub auth logout", "hub auth logout --token-name old-laptop"]),
    ("auth list", &["hub auth list"]),
    ("auth switch", &["hub auth switch --token-name work"]),
    ("auth token", &["hub auth token"]),
    ("auth whoami", &["hub auth whoami", "hub auth whoami --quiet"]),
    (
        "repos create",
        &[
            "hub repos create my-model --private",
            "hub repos create my-demo --repo-type space --sdk gradio -s HF_TOKEN",
            "hub repos create my-lab --repo-type space --template JupyterLab",
        ],
    ),
    (
        "repos delete",
        &["hub repos delete ada/old-model", "hub repos delete ada/data --repo-type dataset --yes"],
    ),
    ("repos move", &["hub repos move ada/old-name ada/new-name"]),
    (
        "repos duplicate",
        &[
            "hub repos duplicate openai/gdpval --type dataset",
            "hub repos duplicate ada/demo my-demo --private",
        ],
    ),
    ("repos list", &["hub repos list", "hub repos list --namespace ada --type dataset --limit 100"]),
    (
        "repos delete-files",
        &[
            "hub repos delete-files ada/demo '*.tmp' logs/",
            "hub repos delete-files ada/demo old.bin --create-pr",
        ],
    ),
    (
        "repos settings",
        &["hub repos settings ada/demo --private", "hub repos settings ada/demo --gated auto"],
    ),
    ("repos branch create", &["hub repos branch create ada/demo dev --revision v1"]),
    ("repos branch delete", &["hub repos branch delete ada/demo dev --yes"]),
    ("repos tag create", &["hub repos tag create ada/demo v1 -m Release --revision main"]),
    ("repos tag delete", &["hub repos tag delete ada/demo v1 --yes"]),
    ("repos tag list", &["hub repos tag list ada/demo"]),
    (
        "discussions list",
        &["hub discussions list ada/demo", "hub discussions list ada/demo -k pull_request -s all"],
    ),
    ("discussions info", &["hub discussions info ada/demo 3"]),
    (
        "discussions create",
        &[
            "hub discussions create ada/demo --title Question --body-file question.md",
            "hub discussions create ada/demo --title Fix --pull-request",
        ],
    ),
    ("discussions comment", &["hub discussions comment ada/demo 3 --body Thanks"]),
    ("discussions edit", &["hub discussions edit ada/demo 3 66b0f0f2c8e1 --body-file response.md"]),
    ("discussions rename", &["hub discussions rename ada/demo 3 Answered"]),
    ("discussions close", &["hub discussions close ada/demo 3 --comment Done --yes"]),
    ("discussions reopen", &["hub discussions reopen ada/demo 3"]),
    ("discussions merge", &["hub discussions merge ada/demo 4 --yes"]),
    ("discussions diff", &["hub discussions diff ada/demo 4 | less"]),
    (
        "upload",
        &[
            "hub upload my-model ./model .",
            "hub upload my-data data.csv train/data.csv --repo-type dataset",
            "hub upload my-model ./model . --include '*.safetensors' --delete '*.bin' --dry-run",
            "hub upload my-logs ./logs . --repo-type dataset --every 10",
        ],
    ),
    ("upload-large-folder", &["hub upload-large-folder my-data ./data --repo-type dataset"]),
    (
        "download",
        &[
            "hub download openai-community/gpt2 config.json",
            "hub download openai-community/gpt2 --include '*.safetensors' --local-dir gpt2",
            "hub download hf://datasets/ada/nums@v1/a.csv",
        ],
    ),
    (
        "cache list",
        &["hub cache list --sort size", "hub cache list --revisions -f 'size>1GB' -f 'accessed>30d'"],
    ),
    (
        "cache rm",
        &[
            "hub cache rm model/openai-community/gpt2",
            "hub cache rm --dry-run model/ada/demo dataset/ada/data",
        ],
    ),
    ("cache prune", &["hub cache prune --dry-run"]),
    ("cache verify", &["hub cache verify ada/demo", "hub cache verify ada/demo --local-dir ./demo --repair"]),
    (
        "models info",
        &[
            "hub models info openai-community/gpt2",
            "hub models info openai-community/gpt2 --expand sha,downloads --json",
        ],
    ),
    ("models card", &["hub models card openai-community/gpt2 --text"]),
    (
        "models list",
        &[
            "hub models list --search gpt2 --sort downloads --limit 5",
            "hub models list --pipeline-tag text-generation --num-parameters min:1B,max:8B",
            "hub models list openai-community/gpt2 -R",
        ],
    ),
    (
        "models weights",
        &[
            "hub models weights openai-community/gpt2",
            "hub models weights unsloth/gemma-GGUF gemma-Q4_K_M.gguf",
        ],
    ),
    ("models tensors", &["hub models tensors openai-community/gpt2 --json"]),
    ("datasets info", &["hub datasets info stanfordnlp/imdb"]),
    ("datasets card", &["hub datasets card stanfordnlp/imdb --metadata"]),
    (
        "datasets list",
        &["hub datasets list --author stanfordnlp", "hub datasets list stanfordnlp/imdb -R -h"],
    ),
    ("spaces info", &["hub spaces info ada/demo"]),
    ("spaces card", &["hub spaces card ada/demo"]),
    ("spaces list", &["hub spaces list --author ada", "hub spaces list ada/demo"]),
    (
        "spaces secrets add",
        &[
            "hub spaces secrets add ada/demo -s API_KEY",
            "hub spaces secrets add ada/demo --secrets-file .env",
        ],
    ),
    ("spaces secrets delete", &["hub spaces secrets delete ada/demo API_KEY --yes"]),
    ("spaces secrets list", &["hub spaces secrets list ada/demo"]),
    ("spaces variables add", &["hub spaces variables add ada/demo -e MODEL=ada/demo -e LEVEL=3"]),
    ("spaces variables delete", &["hub spaces variables delete ada/demo LEVEL --yes"]),
    ("spaces variables list", &["hub spaces variables list ada/demo"]),
    ("spaces settings", &["hub spaces settings ada/demo --hardware t4-small --sleep-time 3600"]),
    ("spaces pause", &["hub spaces pause ada/demo"]),
    ("spaces restart", &["hub spaces restart ada/demo --factory-reboot"]),
    ("spaces dev-mode", &["hub spaces dev-mode ada/demo", "hub spaces dev-mode ada/demo --stop"]),
    ("spaces hardware", &["hub spaces hardware"]),
    ("spaces templates", &["hub spaces templates"]),
    ("spaces wait", &["hub spaces wait ada/demo --timeout 600"]),
    (
        "serve",
        &[
            "hub serve --data ./hub-data",
            "hub serve --listen 0.0.0.0:8080 --allow-remote --public-url https://hub.example.com",
        ],
    ),
    ("admin users create", &["hub admin users create ada --fullname Ada --data /var/lib/hub"]),
    ("admin users list", &["hub admin users list"]),
    ("admin users disable", &["hub admin users disable ada"]),
    ("admin users enable", &["hub admin users enable ada"]),
    ("admin users delete", &["hub admin users delete ada --yes"]),
    ("admin orgs create", &["hub admin orgs create analytical"]),
    ("admin orgs list", &["hub admin orgs list"]),
    ("admin orgs settings", &["hub admin orgs settings analytical --private-by-default"]),
    ("admin orgs delete", &["hub admin orgs delete analytical"]),
    ("admin orgs members list", &["hub admin orgs members list analytical"]),
    ("admin orgs members set", &["hub admin orgs members set analytical ada --role write"]),
    ("admin orgs members remove", &["hub admin orgs members remove analytical ada"]),
    (
        "admin tokens create",
        &[
            "hub admin tokens create ada laptop --role write --valid-for 90d",
            "hub admin tokens create ci runner --quiet > token.txt",
        ],
    ),
    ("admin tokens list", &["hub admin tokens list", "hub admin tokens list ada"]),
    ("admin tokens revoke", &["hub admin tokens revoke ada laptop --yes"]),
    ("admin repos list", &["hub admin repos list"]),
    ("admin repos disable", &["hub admin repos disable ada/demo"]),
    ("admin repos enable", &["hub admin repos enable ada/data --type dataset"]),
    (
        "admin quota",
        &["hub admin quota ada", "hub admin quota ada --set 50GB", "hub admin quota ada --unlimited"],
    ),
    ("admin fsck", &["hub admin fsck", "hub admin fsck --quick"]),
    ("admin gc", &["hub admin gc", "hub admin gc --data /var/lib/hub"]),
    ("admin backup", &["hub admin backup /backup/hub-monday --data /var/lib/hub"]),
    ("admin restore", &["hub admin restore /backup/hub-monday --data /var/lib/hub"]),
    ("ls", &["hub ls hf://ada/demo", "hub ls -R -h hf://datasets/ada/nums@v1/data"]),
    ("cat", &["hub cat hf://ada/demo/config.json", "hub cat hf://datasets/ada/nums/a.csv | head"]),
    (
        "cp",
        &[
            "hub cp hf://ada/demo/config.json .",
            "hub cp weights.bin hf://ada/demo/checkpoints/",
            "hub cp -r hf://ada/demo/checkpoints/ hf://ada/archive/2026/",
        ],
    ),
    ("rm", &["hub rm hf://ada/demo/old.bin", "hub rm -r hf://ada/demo/logs --dry-run"]),
    (
        "find",
        &[
            "hub find hf://ada/demo --name '*.safetensors' --size +1GB",
            "hub find hf://ada/demo --type d --quiet",
        ],
    ),
    ("repos cp", &["hub repos cp hf://ada/demo/a.txt hf://ada/other/"]),
    ("completions", &["hub completions bash > /etc/bash_completion.d/hub"]),
    ("man", &["hub man ~/.local/share/man/man1"]),
    ("env", &["hub env", "hub env --json"]),
    ("version", &["hub version"]),
];

/// The lines for a command.
pub(crate) fn of(path: &str) -> &'static [&'static str] {
    EXAMPLES.iter().find(|(command, _)| *command == path).map_or(&[], |(_, lines)| lines)
}
