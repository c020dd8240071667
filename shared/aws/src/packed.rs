//! Packed data: what is written once, read whole and never queried by field (findings, evidence).
//!
//! Layout: one version byte, then the version's encoding. Both versions are MessagePack with field names, compressed
//! with zstd: names make added and removed fields readable, compression takes their cost away again. Version 2
//! compresses with a dictionary of typical findings, because their sentences recur from repository to repository: a
//! result shrinks to about a third. The reader accepts every version ever written; a new one, or a new dictionary, gets
//! the next number and a new arm, the old arms and dictionaries stay.

use std::{
    fmt,
    io::{self, Read, Write},
    sync::LazyLock,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, de::DeserializeOwned};

use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::error::AwsError;

/// Version 1: `rmp-serde` (named) in zstd.
const V1: u8 = 1;
/// Version 2: the same with [`DICTIONARY`].
const V2: u8 = 2;
/// Made by the example `dictionary` of `tests/scenarios`; never changed, because stored results need it.
const DICTIONARY: &[u8] = include_bytes!("../data/findings.dict");
static ENCODER: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

/// zstd level: 9 packs findings about 10 % smaller than the default 3 and still takes under a millisecond for them.
const LEVEL: i32 = 9;
/// Most bytes that unpacking may yield; a small input can claim any size.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024;

/// A value of any type, packed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Packed(Bytes);

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packed({} bytes)", self.0.0.len())
    }
}

impl Packed {
    /// Packs `value`.
    ///
    /// # Errors
    /// [`AwsError::Unwritable`] when it does not serialize.
    pub fn pack<T: Serialize>(value: &T) -> Result<Self, AwsError> {
        let unwritable =
            |source: Box<dyn std::error::Error + Send + Sync>| AwsError::unwritable("packed data", source);
        let plain = rmp_serde::to_vec_named(value).map_err(|error| unwritable(error.into()))?;
        compress(&plain).map(|bytes| Self(Bytes(bytes))).map_err(|error| unwritable(error.into()))
    }

    /// The value that was packed.
    ///
    /// # Errors
    /// [`AwsError::Malformed`] for an unknown version, damaged bytes, another type, or more than 64 MiB unpacked.
    pub fn unpack<T: DeserializeOwned>(&self) -> Result<T, AwsError> {
        rmp_serde::from_slice(&self.plain()?).map_err(|error| AwsError::malformed(WHAT, error))
    }

    /// The bytes before compression: MessagePack.
    ///
    /// # Errors
    /// As for [`Packed::unpack`].
    pub fn plain(&self) -> Result<Vec<u8>, AwsError> {
        let plain = match self.0.0.split_first() {
            Some((&V1, body)) => zstd::stream::read::Decoder::new(body).and_then(read_all),
            Some((&V2, body)) => {
                zstd::stream::read::Decoder::with_prepared_dictionary(body, &DECODER).and_then(read_all)
            }
            Some((version, _)) => {
                return Err(AwsError::malformed(WHAT, format!("unknown version {version}")));
            }
            None => return Err(AwsError::malformed(WHAT, "no bytes")),
        };
        let plain = plain.map_err(|error| AwsError::malformed(WHAT, error))?;
        if plain.len() as u64 > MAX_UNPACKED {
            return Err(AwsError::malformed(WHAT, "more than 64 MiB unpacked"));
        }
        Ok(plain)
    }

    /// The packed bytes, to travel outside the table.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// What [`Packed::as_bytes`] gave; read with the same care as a stored one.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(Bytes::new(bytes))
    }

    /// Size as stored.
    pub fn len(&self) -> usize {
        self.0.0.len()
    }

    /// Whether nothing was stored; never true for what [`Packed::pack`] made.
    pub fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }
}

/// Bytes that serde writes as bytes (a binary attribute), not as a list of numbers.
/// What errors call it.
const WHAT: &str = "packed data";

fn compress(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::stream::write::Encoder::with_prepared_dictionary(vec![V2], &ENCODER)?;
    encoder.set_pledged_src_size(Some(plain.len() as u64))?;
    encoder.write_all(plain)?;
    encoder.finish()
}

fn read_all(decoder: impl Read) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    decoder.take(MAX_UNPACKED + 1).read_to_end(&mut plain)?;
    Ok(plain)
}

#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Bytes(Vec<u8>);

impl Bytes {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Old {
        name: String,
        gone: u8,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct New {
        name: String,
        #[serde(default)]
        added: Option<u8>,
    }

    #[test]
    fn fields_may_come_and_go() {
        let packed = Packed::pack(&Old { name: "a".to_owned(), gone: 1 }).unwrap();
        assert_eq!(packed.unpack::<New>().unwrap(), New { name: "a".to_owned(), added: None });
    }

    #[test]
    fn version_1_as_first_written_still_reads() {
        // `{"name": "a", "gone": 1}` as the first release packed it.
        let mut bytes = vec![1, 0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x0e, 0x71, 0, 0];
        bytes.extend_from_slice(b"\x82\xa4name\xa1a\xa4gone\x01");
        let read: Old = Packed(Bytes(bytes)).unpack().unwrap();
        assert_eq!(read, Old { name: "a".to_owned(), gone: 1 });
    }

    #[test]
    fn damaged_unknown_and_empty_bytes_are_errors() {
        let mut packed = Packed::pack(&"text").unwrap();
        packed.0.0.truncate(8);
        assert!(packed.unpack::<String>().is_err());
        assert!(Packed(Bytes(vec![9, 1, 2])).unpack::<String>().is_err());
        assert!(Packed(Bytes(Vec::new())).unpack::<String>().is_err());
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let zeros = vec![0_u8; usize::try_from(MAX_UNPACKED).unwrap() + 10];
        let mut bytes = vec![V1];
        bytes.extend(zstd::bulk::compress(&zeros, 1).unwrap());
        assert!(bytes.len() < 100_000);
        let error = Packed(Bytes(bytes)).unpack::<serde::de::IgnoredAny>().unwrap_err();
        assert!(matches!(error, AwsError::Malformed { .. }));
    }
}
