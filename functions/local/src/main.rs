//! The program `scrutineer`.

fn main() -> std::process::ExitCode {
    scrutineer_local::cli::main()
}
