// #[agent]
// struct Guide { city: }

struct Guide { city : } # [automatically_derived] impl :: agent_sdk :: agent :: Agent for Guide { const NAME : & 'static :: core :: primitive :: str = "Guide" ; fn definition () -> :: agent_sdk :: agent :: AgentDefinition { :: core :: panic ! ("{}" , "`#[agent]` cannot read this item: unexpected end of input, expected one of: `for`, parentheses, `unsafe`, `fn`, `extern`, identifier, `::`, `<`, `dyn`, square brackets, `*`, `&`, `!`, `impl`, `_`, lifetime [AGT011]\nhelp: write it in another way, or update `agent-sdk`") } }
