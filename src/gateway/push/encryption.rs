//! What a push service cannot read: message encryption for web push (RFC 8291), as one record of the
//! content coding `aes128gcm` (RFC 8188).

use hmac::{Hmac, KeyInit, Mac};
use p256::{PublicKey, SecretKey, ecdh::diffie_hellman, elliptic_curve::sec1::ToEncodedPoint};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use sha2::Sha256;

use crate::domain::Error;

/// The size of a record, which every push service has to take (RFC 8291, 4).
const RECORD_BYTES: u32 = 4096;
/// Salt, size of the record, and the length of the public key that follows (RFC 8188, 2.1).
const SALT_BYTES: usize = 16;
/// A point of P-256 that is not compressed.
const POINT_BYTES: u8 = 65;
/// Ends the last record, of which there is one (RFC 8188, 2).
const LAST: u8 = 2;
const KEY_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;
/// The longest message, in bytes: a record less its head, the mark of its end, and the tag.
pub const PLAIN_BYTES_MAX: usize = 3993;

/// The keys of a browser (RFC 8291, 2).
pub struct Recipient {
    key: PublicKey,
    auth: Vec<u8>,
}

impl Recipient {
    /// An error where `p256dh` is no point of the curve.
    pub fn new(p256dh: &[u8], auth: Vec<u8>) -> Result<Self, Error> {
        let key = PublicKey::from_sec1_bytes(p256dh);
        Ok(Recipient { key: key.map_err(Error::internal("reading the key of a browser"))?, auth })
    }
}

/// Another key for each message, and what it is salted with: both by chance, and never used again.
pub struct Fresh {
    pub key: SecretKey,
    pub salt: [u8; SALT_BYTES],
}

impl Fresh {
    pub fn by_chance() -> Self {
        Fresh { key: chance(), salt: rand::random() }
    }
}

/// A private key by chance. Nearly every 32 bytes are one.
pub fn chance() -> SecretKey {
    loop {
        if let Ok(key) = SecretKey::from_slice(&rand::random::<[u8; 32]>()) {
            return key;
        }
    }
}

/// The body of a push message for which `to` alone has the key. `plain` has at most
/// [`PLAIN_BYTES_MAX`] bytes.
pub fn encrypt(plain: &[u8], to: &Recipient, fresh: &Fresh) -> Result<Vec<u8>, Error> {
    if plain.len() > PLAIN_BYTES_MAX {
        return Err(Error::internal(ENCRYPTING)("it is too long"));
    }
    let own = fresh.key.public_key().to_encoded_point(false);
    let theirs = to.key.to_encoded_point(false);
    let shared = diffie_hellman(fresh.key.to_nonzero_scalar(), to.key.as_affine());
    let shared = hmac(&to.auth, &[shared.raw_secret_bytes()])?;
    let info: [&[u8]; 4] = [b"WebPush: info\0", theirs.as_bytes(), own.as_bytes(), &[1]];
    let input = hmac(&shared, &info)?;
    let salted = hmac(&fresh.salt, &[&input])?;
    let key = hmac(&salted, &[b"Content-Encoding: aes128gcm\0\x01"])?;
    let nonce = hmac(&salted, &[b"Content-Encoding: nonce\0\x01"])?;

    let mut body = Vec::with_capacity(plain.len().saturating_add(103));
    body.extend(plain);
    body.push(LAST);
    seal(&key, &nonce, &mut body)?;
    let mut head = Vec::with_capacity(body.len().saturating_add(86));
    head.extend(fresh.salt);
    head.extend(RECORD_BYTES.to_be_bytes());
    head.push(POINT_BYTES);
    head.extend(own.as_bytes());
    head.append(&mut body);
    Ok(head)
}

const ENCRYPTING: &str = "encrypting a push message";

fn seal(key: &[u8], nonce: &[u8], body: &mut Vec<u8>) -> Result<(), Error> {
    let cut = || Error::internal(ENCRYPTING)("a hash is too short");
    let key = UnboundKey::new(&AES_128_GCM, key.get(..KEY_BYTES).ok_or_else(cut)?);
    let key = LessSafeKey::new(key.map_err(|_| Error::internal(ENCRYPTING)("no key"))?);
    let nonce = Nonce::try_assume_unique_for_key(nonce.get(..NONCE_BYTES).ok_or_else(cut)?);
    let nonce = nonce.map_err(|_| Error::internal(ENCRYPTING)("no nonce"))?;
    key.seal_in_place_append_tag(nonce, Aad::empty(), body)
        .map_err(|_| Error::internal(ENCRYPTING)("it cannot be sealed"))
}

/// HKDF (RFC 5869) with SHA-256 comes to this where no more than one block is wanted.
fn hmac(key: &[u8], parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
    let mac = Hmac::<Sha256>::new_from_slice(key).map_err(Error::internal(ENCRYPTING))?;
    let mac = parts.iter().fold(mac, |mac, part| mac.chain_update(part));
    Ok(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    /// The browser of RFC 8291, 5.
    fn recipient() -> Recipient {
        let key = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        Recipient::new(&bytes(key), bytes("BTBZMqHH6r4Tts7J_aSIgg")).unwrap()
    }

    #[test]
    fn the_example_of_the_specification_comes_out_to_the_byte() {
        let key = bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let fresh = Fresh { key: SecretKey::from_slice(&key).unwrap(), salt };

        let body = encrypt(b"When I grow up, I want to be a watermelon", &recipient(), &fresh);

        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLoc\
                        InmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLV\
                        WGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(body.unwrap()), expected);
    }

    #[test]
    fn the_longest_message_fits_into_a_record_and_a_longer_one_is_refused() {
        let of = |length| encrypt(&vec![b'x'; length], &recipient(), &Fresh::by_chance());
        assert_eq!(of(PLAIN_BYTES_MAX).unwrap().len(), 4096);
        assert!(of(PLAIN_BYTES_MAX + 1).is_err());
    }

    #[test]
    fn no_two_messages_are_alike() {
        let of = || encrypt(b"the same", &recipient(), &Fresh::by_chance()).unwrap();
        let (one, other) = (of(), of());
        assert!(one[..16] != other[..16] && one[21..] != other[21..]);
    }

    #[test]
    fn what_is_no_point_of_the_curve_is_no_key() {
        let mut key = [7; 65];
        key[0] = 4;
        assert!(Recipient::new(&key, Vec::new()).is_err());
    }
}
