//! The hardware that Spaces can ask for, with its price.

use serde::{Deserialize, Serialize};

use super::SpaceHardware;

/// A machine that a Space can ask for. Endpoint: `GET /api/spaces/hardware`. Python: `JobHardwareInfo`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SpaceHardwareInfo {
    /// What to ask for.
    pub name: SpaceHardware,
    /// For people: `CPU basic`.
    pub pretty_name: String,
    /// Its cores: `2 vCPU`.
    pub cpu: String,
    /// Its memory: `16 GB`.
    pub ram: String,
    /// Its accelerator, if it has one.
    #[serde(default, deserialize_with = "crate::lenient::optional")]
    pub accelerator: Option<Accelerator>,
    /// Price of a unit in millionths of a US dollar.
    #[serde(rename = "unitCostMicroUSD")]
    pub unit_cost_micro_usd: serde_json::Number,
    /// Price of a unit in US dollars.
    #[serde(rename = "unitCostUSD")]
    pub unit_cost_usd: serde_json::Number,
    /// What a unit is: `minute`.
    pub unit_label: String,
}

/// The accelerator of a [`SpaceHardwareInfo`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Accelerator {
    /// `gpu` or `neuron`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `T4`.
    pub model: String,
    /// How many.
    pub quantity: String,
    /// Their memory together: `16 GB`.
    pub vram: String,
    /// `Nvidia` or `AWS`.
    pub manufacturer: String,
}

impl SpaceHardwareInfo {
    /// A machine without an accelerator that costs nothing.
    pub fn new(name: SpaceHardware, pretty_name: &str, cpu: &str, ram: &str) -> Self {
        Self {
            name,
            pretty_name: pretty_name.to_owned(),
            cpu: cpu.to_owned(),
            ram: ram.to_owned(),
            accelerator: None,
            unit_cost_micro_usd: 0.into(),
            unit_cost_usd: 0.into(),
            unit_label: "minute".to_owned(),
        }
    }

    /// With Nvidia GPUs.
    #[must_use]
    pub fn gpu(mut self, model: &str, quantity: &str, vram: &str) -> Self {
        self.accelerator = Some(Accelerator {
            kind: "gpu".to_owned(),
            model: model.to_owned(),
            quantity: quantity.to_owned(),
            vram: vram.to_owned(),
            manufacturer: "Nvidia".to_owned(),
        });
        self
    }
}
