mod attributes;
mod commits;
mod durability;
mod merging;
mod model;
mod reading;
