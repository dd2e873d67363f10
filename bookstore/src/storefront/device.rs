//! Devices from which the administrator has signed in before. Attempts from these are counted by
//! themselves, so that nobody who uses up the attempts of a network, or of the account, locks the
//! administrator out of a device of theirs.
//!
//! A cookie names the device and proves that this shop has given it, under the password that holds:
//! nothing is stored, and another password makes every device unknown.
//!
//! # References
//! OWASP, "Slow Down Online Guessing Attacks with Device Cookies".

use axum::http::{HeaderMap, HeaderValue};
use subtle::ConstantTimeEq;

use super::{
    Storefront,
    password::Admins,
    security::{self, cookie_in, digest, secret},
};
use crate::platform::Error;

/// Digits of a device's name, and of the proof behind it.
const DIGITS: usize = 64;

/// A device is known for half a year after the last time that somebody signed in from it.
const AGE_SECONDS: i64 = 180 * 24 * 3600;

#[derive(Clone, Debug)]
pub(super) struct Device(String);

impl Device {
    /// What its attempts are counted by.
    pub(super) fn subject(&self) -> String {
        format!("device {}", digest("device", &self.0))
    }
}

impl Storefront {
    /// The device that a request for this account comes from, if it is known.
    pub(super) async fn known_device(
        &self,
        name: &str,
        headers: &HeaderMap,
    ) -> Result<Option<Device>, Error> {
        let Some((device, proof)) = self.device_in(headers) else {
            return Ok(None);
        };
        let right = self.proof_of(name, device).await?;
        let is_right = right.is_some_and(|right| right.as_bytes().ct_eq(proof.as_bytes()).into());
        Ok(is_right.then(|| Device(device.to_owned())))
    }

    /// The cookie of a device from which somebody has signed in, which may be known already.
    pub(super) async fn remember_device(
        &self,
        name: &str,
        known: Option<Device>,
    ) -> Result<Option<HeaderValue>, Error> {
        let Device(device) = known.unwrap_or_else(|| Device(secret()));
        let Some(proof) = self.proof_of(name, &device).await? else {
            // The account is gone since.
            return Ok(None);
        };
        let value = format!("{device}{proof}");
        let cookie = (self.device_cookie_name(), value.as_str());
        let cookie = security::cookie(cookie, "Strict", AGE_SECONDS, self.secure_cookies);
        Ok(Some(cookie))
    }

    /// Follows from the password's hash, which nobody outside knows.
    async fn proof_of(&self, name: &str, device: &str) -> Result<Option<String>, Error> {
        let hash = Admins(&self.database).stored_hash(name).await?;
        Ok(hash.map(|hash| digest("known device", &format!("{hash} {device}"))))
    }

    fn device_cookie_name(&self) -> &'static str {
        if self.secure_cookies {
            "__Host-bookstore-device"
        } else {
            "bookstore-device"
        }
    }

    fn device_in<'a>(&self, headers: &'a HeaderMap) -> Option<(&'a str, &'a str)> {
        let value = cookie_in(headers, self.device_cookie_name(), 2 * DIGITS)?;
        Some(value.split_at(DIGITS))
    }
}
