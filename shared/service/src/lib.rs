//! Use cases: what the product does, over store, queue, keys and a provider.
