//! The only crate with the AWS SDK: store, queue, keys, settings.
