//! Names, patterns, visibilities and macros that an expansion must not trip over.

#![deny(warnings)]

mod shadowed {
    #![allow(dead_code, non_camel_case_types)]

    use ::agent_sdk::durable_task::{OrchestrationContext, OrchestrationError};
    use ::agent_sdk::prelude::{ExecutorError, entity, executor, orchestrator};

    pub struct String;
    pub struct Option;
    pub struct Box;
    pub struct Vec;
    pub struct Duration;
    pub struct str;
    pub struct Failure;
    pub struct Value;
    pub struct Ok;
    pub trait Send {}
    pub trait Future {}
    pub trait Into {}
    pub mod std {}
    pub mod core {}
    pub mod durable_task {}
    pub mod agent_sdk {}

    pub type Result<T> = ::std::result::Result<T, ExecutorError>;
    type OrchestrationResult<T> = ::std::result::Result<T, OrchestrationError>;

    #[executor(timeout = "1s", retry(attempts = 2, first = "1s", max = "2s", timeout = "3s"))]
    pub async fn work(number: u64) -> Result<u64> {
        ::std::result::Result::Ok(number)
    }

    #[orchestrator(version = "1")]
    pub async fn plan(ctx: OrchestrationContext, number: u64) -> OrchestrationResult<u64> {
        ctx.call::<work>(number).await
    }

    #[derive(Default, serde::Serialize, serde::Deserialize)]
    pub struct Shadow(u64);

    #[entity]
    impl Shadow {
        pub fn add(&mut self, number: u64) -> Result<u64> {
            self.0 += number;
            ::std::result::Result::Ok(self.0)
        }
    }
}

mod names {
    use agent_sdk::prelude::*;

    #[executor]
    pub(super) async fn r#move(r#type: u64) -> std::result::Result<u64, ExecutorError> {
        Ok(r#type)
    }

    #[orchestrator]
    pub(in crate::names) async fn r#loop(
        ctx: OrchestrationContext,
        r#in: u64,
    ) -> Result<u64, OrchestrationError> {
        ctx.call::<r#move>(r#in).await
    }

    pub mod deeper {
        use agent_sdk::prelude::*;

        /// Of the same name as the one above.
        #[executor(name = "move_deeper")]
        pub async fn r#move() -> std::result::Result<(), ExecutorError> {
            Ok(())
        }
    }

    pub fn name() -> &'static str {
        <r#loop as Orchestrator>::NAME
    }

    #[derive(Default, serde::Serialize, serde::Deserialize)]
    pub struct Words(Vec<String>);

    #[entity]
    impl Words {
        pub fn r#use(&mut self, r#type: String) {
            self.0.push(r#type);
        }
        pub fn mutable(&mut self, mut word: String, _: &mut EntityContext) -> usize {
            word.push('!');
            self.0.push(word);
            self.0.len()
        }
        pub fn itself(&self) -> Self {
            Self(self.0.clone())
        }
        pub fn absorb(&mut self, Self(other): Self) -> Result<(), ExecutorError> {
            self.0.extend(other);
            Ok(())
        }
        #[cfg(any())]
        pub fn never(&self, missing: Missing) -> Missing {
            missing
        }
        #[cfg(all())]
        #[operation(name = "count")]
        pub fn r#where(&self) -> Result<usize, ExecutorError>
        where
            Self: Sized,
        {
            Ok(self.0.len())
        }
    }
}

mod arguments {
    use agent_sdk::prelude::*;

    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Order {
        pub id: u64,
        pub lines: Vec<String>,
    }

    #[executor]
    pub async fn pack(
        Order { id, mut lines }: Order,
        #[allow(unused_variables)] ctx: &ActivityContext,
        &limit: &u64,
    ) -> Result<(u64, Vec<String>), ExecutorError>
    where
        Order: Sized,
    {
        lines.truncate(usize::try_from(limit)?);
        Ok((id, lines))
    }

    #[orchestrator]
    pub async fn ship(
        mut _ctx: OrchestrationContext,
        #[allow(unused_mut)] mut order: Order,
    ) -> Result<u64, OrchestrationError>
    where
        Order: Sized,
    {
        #[executor]
        async fn inner([first, second]: [u64; 2]) -> Result<u64, ExecutorError> {
            Ok(first + second)
        }
        let _ = agent_sdk::durable_task::Registry::new().executor::<inner>();
        Ok(order.id)
    }

    pub fn nested() -> &'static str {
        #[orchestrator]
        async fn inside(_: OrchestrationContext) -> Result<(), OrchestrationError> {
            Ok(())
        }
        <inside as Orchestrator>::NAME
    }

    #[cfg(any())]
    #[orchestrator]
    async fn never(ctx: Missing) -> Result<(), Missing> {}

    #[executor]
    #[cfg(any())]
    async fn never_either(ctx: Missing) -> Result<(), Missing> {}

    #[executor]
    #[cfg(all())]
    pub async fn always() -> Result<Result<u64, String>, ExecutorError> {
        Ok(Err(String::new()))
    }
}

mod generated {
    use agent_sdk::prelude::*;

    macro_rules! family {
        ($executor:ident, $orchestrator:ident, $entity:ident, $ty:ty, $result:ty, $visibility:vis) => {
            /// Gives back what it takes.
            #[executor]
            $visibility async fn $executor(value: $ty) -> $result {
                Ok(value)
            }

            #[orchestrator]
            $visibility async fn $orchestrator(
                ctx: OrchestrationContext,
                value: $ty,
            ) -> Result<$ty, OrchestrationError> {
                ctx.call::<$executor>(value).await
            }

            #[derive(Default, serde::Serialize, serde::Deserialize)]
            $visibility struct $entity($ty);

            #[entity]
            impl $entity {
                $visibility fn set(&mut self, value: $ty) {
                    self.0 = value;
                }
                $visibility fn get(&self) -> $ty {
                    self.0
                }
            }
        };
    }

    family!(echo, echoes, Echo, u64, Result<u64, ExecutorError>, pub(crate));

    macro_rules! hidden {
        () => {
            #[executor]
            async fn unseen(value: u64) -> Result<u64, ExecutorError> {
                Ok(value)
            }

            pub fn name() -> &'static str {
                <unseen as Executor>::NAME
            }
        };
    }

    hidden!();
}

fn main() {
    use agent_sdk::durable_task::Registry;
    use agent_sdk::prelude::*;

    let mut registry = Registry::new();
    registry.executor::<shadowed::work>().unwrap();
    registry.orchestrator::<shadowed::plan>().unwrap();
    registry.entity_type::<shadowed::Shadow>().unwrap();
    registry.executor::<names::r#move>().unwrap();
    registry.executor::<names::deeper::r#move>().unwrap();
    registry.entity_type::<names::Words>().unwrap();
    registry.executor::<arguments::pack>().unwrap();
    registry.executor::<arguments::always>().unwrap();
    registry.orchestrator::<arguments::ship>().unwrap();
    registry.executor::<generated::echo>().unwrap();
    registry.orchestrator::<generated::echoes>().unwrap();
    registry.entity_type::<generated::Echo>().unwrap();
    assert_eq!(names::name(), "loop");
    assert_eq!(<names::r#move as Executor>::NAME, "move");
    assert_eq!(arguments::nested(), "inside");
    assert_eq!(generated::name(), "unseen");
}
