//! How much of a server one address may have.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// Counts what each address has, up to a limit.
#[derive(Debug, Clone)]
pub(crate) struct PerAddress {
    most: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// What an address has, until it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    of: PerAddress,
    address: IpAddr,
}

impl PerAddress {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, taken: Arc::default() }
    }

    /// One more for this address, unless it has its share.
    pub(crate) fn take(&self, address: IpAddr) -> Option<Share> {
        let address = network(address);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(address).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Share { of: self.clone(), address })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.of.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

/// Whom limits take an address for: one of IPv6 stands for its network of 64 bits.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6([a, b, c, d, 0, 0, 0, 0].into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_others_have_theirs() {
        let all = PerAddress::new(2);
        let take = |address: &str| all.take(address.parse().unwrap());
        let first = (take("10.0.0.1"), take("::ffff:10.0.0.1"));
        assert!(first.0.is_some() && first.1.is_some());
        assert!(take("10.0.0.1").is_none());
        assert!(take("10.0.0.2").is_some());
        drop(first);
        assert!(take("10.0.0.1").is_some());
        let network = (take("2001:db8::1"), take("2001:db8::2"));
        assert!(take("2001:db8::3").is_none(), "one network is one address");
        drop(network);
        assert!(all.taken.lock().unwrap().is_empty(), "nothing is kept of who has gone");
    }
}
