//! `github-simulator`: a GitHub to point a client at.

use std::path::PathBuf;

use clap::Parser;
use scrutineer_simulator::{Listen, Simulator, World};

/// Serves an organization from a fixture folder as GitHub would.
#[derive(Parser)]
#[command(name = "github-simulator", version)]
struct Options {
    /// Folder with org.yaml and repos/; may be given more than once.
    #[arg(long, value_name = "DIR", required_unless_present_any = ["demo", "synthetic"])]
    org: Vec<PathBuf>,
    /// Serve the built-in demo organization `acme`.
    #[arg(long)]
    demo: bool,
    /// Serve a generated organization `synthetic` of N repositories.
    #[arg(long, value_name = "N")]
    synthetic: Option<usize>,
    /// Port of the API; a free one by default.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Port of the admin interface; a free one by default.
    #[arg(long, default_value_t = 0)]
    admin_port: u16,
    /// A token to accept; without it one is made and printed.
    #[arg(long)]
    token: Option<String>,
    /// Make an installation token instead of a personal one: some calls are for Apps only.
    #[arg(long, conflicts_with = "token")]
    installation: bool,
    /// Permission keys of the token, separated by commas; all read permissions by default.
    #[arg(long, value_delimiter = ',', value_name = "KEYS")]
    permissions: Option<Vec<String>>,
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match run(Options::parse()).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("github-simulator: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    let world = world(&options)?;
    let logins = world.logins().join(", ");
    let simulator =
        Simulator::start_on(world, Listen { port: options.port, admin_port: options.admin_port }).await?;
    let keys = options
        .permissions
        .unwrap_or_else(|| Simulator::all_permissions().iter().map(|key| (*key).to_owned()).collect());
    let keys = keys.iter().map(String::as_str);
    let token = match options.token {
        Some(token) => {
            simulator.accept_token(&token, keys);
            token
        }
        None if options.installation => simulator.installation_token(keys),
        None => simulator.token(keys),
    };
    println!("organizations: {logins}");
    println!("api: {}", simulator.base_url());
    println!("graphql: {}/graphql", simulator.base_url());
    println!("admin: {}", simulator.admin_url());
    println!("token: {token}");
    tokio::select! {
        () = simulator.run() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

fn world(options: &Options) -> Result<World, Box<dyn std::error::Error>> {
    let mut worlds = Vec::new();
    if options.demo {
        worlds.push(World::embedded_demo()?);
    }
    if let Some(count) = options.synthetic {
        worlds.push(World::synthetic("synthetic", count));
    }
    for dir in &options.org {
        worlds.push(World::load(dir)?);
    }
    let mut worlds = worlds.into_iter();
    let mut world = worlds.next().ok_or("nothing to serve")?;
    worlds.for_each(|other| world.merge(other));
    Ok(world)
}
