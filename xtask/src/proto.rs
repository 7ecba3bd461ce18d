//! `cargo xtask proto`: compiles the protocol file to Rust, without `protoc`.

use std::error::Error;
use std::path::Path;

const PROTO_DIR: &str = "durable-task/src/wire";

/// The Rust text that `durable_task.proto` compiles to.
pub fn generate(root: &Path) -> Result<String, Box<dyn Error>> {
    let include = root.join(PROTO_DIR);
    let descriptors = protox::compile([include.join("durable_task.proto")], [&include])?;
    let out = std::env::temp_dir().join(format!("durable-task-proto-{}", std::process::id()));
    std::fs::create_dir_all(&out)?;
    tonic_prost_build::configure()
        .out_dir(&out)
        .btree_map(".")
        .client_mod_attribute(".", "#[cfg(feature = \"grpc\")]")
        .server_mod_attribute(".", "#[cfg(feature = \"grpc-server\")]")
        .build_transport(false)
        .compile_fds(descriptors)?;
    // The file has no package, so prost names its module `_`.
    let text = std::fs::read_to_string(out.join("_.rs"))?;
    std::fs::remove_dir_all(&out)?;
    Ok(text)
}

/// Writes the generated file.
pub fn run(root: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::write(root.join(PROTO_DIR).join("generated.rs"), generate(root)?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_file_is_what_the_protocol_file_compiles_to() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let fresh = generate(&root).expect("the protocol file compiles");
        let stored = std::fs::read_to_string(root.join(PROTO_DIR).join("generated.rs"))
            .expect("the generated file is there");
        // Not `assert_eq!`: it would print both files.
        assert!(fresh == stored, "run `cargo xtask proto`");
    }
}
