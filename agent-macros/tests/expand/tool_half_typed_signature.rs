// #[tool]
// /// Adds.
// fn add(left: i64, right: ) -> i64 { left }

# [doc = " Adds."] fn add (left : i64 , right :) -> i64 { left } # [doc (hidden)] # [allow (dead_code , non_camel_case_types , missing_debug_implementations)] struct add { } # [automatically_derived] impl :: agent_sdk :: tool :: Tool for add { const NAME : & 'static :: core :: primitive :: str = "add" ; const DESCRIPTION : & 'static :: core :: primitive :: str = "" ; fn definition () -> :: agent_sdk :: tool :: ToolDefinition { :: core :: panic ! ("{}" , "`#[tool]` cannot read this item: unexpected end of input, expected one of: `for`, parentheses, `unsafe`, `fn`, `extern`, identifier, `::`, `<`, `dyn`, square brackets, `*`, `&`, `!`, `impl`, `_`, lifetime [AGT011]\nhelp: write it in another way, or update `agent-sdk`") } }
