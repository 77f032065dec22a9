mod attributes;
mod commits;
mod durability;
mod model;
mod reading;
