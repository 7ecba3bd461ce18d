// #[tool(name = "add", time)]
// /// Adds.
// fn add(left: i64) -> i64 { left. }
// error: unknown option `time` for `#[tool]`; did you mean `timeout`? [AGT002]
//   help: supported options are `name`, `description`, `timeout`, `strict`

# [doc = " Adds."] fn add (left : i64) -> i64 { left . } # [doc (hidden)] # [allow (dead_code , non_camel_case_types , missing_debug_implementations)] struct add { } # [automatically_derived] impl :: agent_sdk :: tool :: Tool for add { const NAME : & 'static :: core :: primitive :: str = "add" ; const DESCRIPTION : & 'static :: core :: primitive :: str = "" ; fn definition () -> :: agent_sdk :: tool :: ToolDefinition { :: agent_sdk :: __private :: ToolBuilder :: invalid (< Self as :: agent_sdk :: tool :: Tool > :: NAME) } } # [allow (unexpected_cfgs)] const _ : () = { # [cfg (rust_analyzer)] { # [allow (unused_imports)] use :: agent_sdk :: __private :: ide :: tool :: { name as _ , time as _ } ; } } ;
