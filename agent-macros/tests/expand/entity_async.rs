// #[entity]
// impl Counter {
//     async fn refresh(&mut self, ctx: &mut EntityContext) -> Result<i64, E> { body() }
//     async fn compare(&self, other: i64) {}
//     fn get(&self) -> i64 { self.0 }
// }

impl Counter {
    async fn refresh(&mut self, ctx: &mut EntityContext) -> Result<i64, E> {
        body()
    }
    async fn compare(&self, other: i64) {}
    fn get(&self) -> i64 {
        self.0
    }
}
///Operations of `Counter`, called from an orchestration.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(dead_code)]
pub struct CounterProxy {
    __target: ::agent_sdk::durable_task::EntityTarget,
}
///Operations of `Counter` as one-way messages.
#[derive(::core::fmt::Debug)]
#[allow(dead_code)]
pub struct CounterSignals<__S> {
    __sender: __S,
}
#[allow(deprecated, dead_code, private_interfaces, clippy::all, clippy::pedantic)]
const _: () = {
    struct __Operation_0;
    impl ::agent_sdk::durable_task::__private::Operation for __Operation_0 {
        const NAME: &'static ::core::primitive::str = "refresh";
        type Input = ();
        type Output = <Result<
            i64,
            E,
        > as ::agent_sdk::durable_task::__private::OperationReturn>::Output;
    }
    struct __Operation_1;
    impl ::agent_sdk::durable_task::__private::Operation for __Operation_1 {
        const NAME: &'static ::core::primitive::str = "compare";
        type Input = i64;
        type Output = ();
    }
    struct __Operation_2;
    impl ::agent_sdk::durable_task::__private::Operation for __Operation_2 {
        const NAME: &'static ::core::primitive::str = "get";
        type Input = ();
        type Output = i64;
    }
    struct __Delete;
    impl ::agent_sdk::durable_task::__private::Operation for __Delete {
        const NAME: &'static ::core::primitive::str = "delete";
        type Input = ();
        type Output = ();
    }
    impl CounterProxy {
        /// Its id, for locks.
        pub fn id(&self) -> ::agent_sdk::durable_task::EntityId {
            self.__target.id()
        }
        /// Its operations as one-way messages.
        pub fn signal(
            &self,
        ) -> CounterSignals<::agent_sdk::durable_task::OrchestrationSignals> {
            CounterSignals {
                __sender: self.__target.signals(::core::option::Option::None),
            }
        }
        /// The same, to be delivered at a time.
        pub fn signal_at(
            &self,
            time: ::agent_sdk::durable_task::Timestamp,
        ) -> CounterSignals<::agent_sdk::durable_task::OrchestrationSignals> {
            CounterSignals {
                __sender: self.__target.signals(::core::option::Option::Some(time)),
            }
        }
        /// The same, to be delivered some time from now.
        pub fn signal_after(
            &self,
            delay: ::core::time::Duration,
        ) -> CounterSignals<::agent_sdk::durable_task::OrchestrationSignals> {
            CounterSignals {
                __sender: self.__target.signals_after(delay),
            }
        }
        #[track_caller]
        pub fn refresh(
            &self,
        ) -> ::agent_sdk::durable_task::EntityCall<
            <Result<
                i64,
                E,
            > as ::agent_sdk::durable_task::__private::OperationReturn>::Output,
        > {
            ::agent_sdk::durable_task::EntityTarget::call::<
                __Operation_0,
            >(&self.__target, &())
        }
        #[track_caller]
        pub fn compare(&self, input: i64) -> ::agent_sdk::durable_task::EntityCall<()> {
            ::agent_sdk::durable_task::EntityTarget::call::<
                __Operation_1,
            >(&self.__target, &input)
        }
        #[track_caller]
        pub fn get(&self) -> ::agent_sdk::durable_task::EntityCall<i64> {
            ::agent_sdk::durable_task::EntityTarget::call::<
                __Operation_2,
            >(&self.__target, &())
        }
        /// Removes the entity's state.
        #[track_caller]
        pub fn delete(&self) -> ::agent_sdk::durable_task::EntityCall<()> {
            ::agent_sdk::durable_task::EntityTarget::call::<
                __Delete,
            >(&self.__target, &())
        }
    }
    impl<__S: ::agent_sdk::durable_task::SignalSender> CounterSignals<__S> {
        pub fn refresh(self) -> __S::Sent {
            ::agent_sdk::durable_task::SignalSender::send::<
                __Operation_0,
            >(self.__sender, &())
        }
        pub fn compare(self, input: i64) -> __S::Sent {
            ::agent_sdk::durable_task::SignalSender::send::<
                __Operation_1,
            >(self.__sender, &input)
        }
        pub fn get(self) -> __S::Sent {
            ::agent_sdk::durable_task::SignalSender::send::<
                __Operation_2,
            >(self.__sender, &())
        }
        /// Removes the entity's state.
        pub fn delete(self) -> __S::Sent {
            ::agent_sdk::durable_task::SignalSender::send::<__Delete>(self.__sender, &())
        }
    }
    #[automatically_derived]
    impl ::agent_sdk::durable_task::EntityType for Counter {
        const NAME: &'static ::core::primitive::str = "Counter";
        type State = Counter;
        type Proxy = CounterProxy;
        type Signals<__S: ::agent_sdk::durable_task::SignalSender> = CounterSignals<__S>;
        fn proxy(__target: ::agent_sdk::durable_task::EntityTarget) -> CounterProxy {
            CounterProxy { __target }
        }
        fn signals<__S: ::agent_sdk::durable_task::SignalSender>(
            __sender: __S,
        ) -> CounterSignals<__S> {
            CounterSignals { __sender }
        }
        fn operations() -> ::agent_sdk::durable_task::__private::Operations {
            ::agent_sdk::durable_task::__private::Operations::Asynchronous(|__context| ::agent_sdk::durable_task::__private::boxed(async move {
                if ::agent_sdk::durable_task::__private::is_operation(
                    __context,
                    "refresh",
                ) {
                    return ::agent_sdk::durable_task::__private::operated(async move {
                            let (mut __state, __input, __existed) = ::agent_sdk::durable_task::__private::begin::<
                                Self,
                                __Operation_0,
                            >(__context)?;
                            let __outcome: ::core::result::Result<
                                _,
                                ::agent_sdk::durable_task::Failure,
                            > = {
                                let __returned = Counter::refresh(
                                        &mut __state,
                                        <EntityContext as ::agent_sdk::durable_task::__private::OperationArgument>::lend(
                                            __context,
                                        ),
                                    )
                                    .await;
                                <Result<
                                    i64,
                                    E,
                                > as ::agent_sdk::durable_task::__private::OperationReturn>::into_outcome(
                                    __returned,
                                )
                            };
                            let __output = __outcome?;
                            ::agent_sdk::durable_task::__private::changed::<
                                Self,
                                __Operation_0,
                            >(__context, __existed, &__state, &__output)
                        })
                        .await;
                }
                if ::agent_sdk::durable_task::__private::is_operation(
                    __context,
                    "compare",
                ) {
                    return ::agent_sdk::durable_task::__private::operated(async move {
                            let (__state, __input, _) = ::agent_sdk::durable_task::__private::begin::<
                                Self,
                                __Operation_1,
                            >(__context)?;
                            let __outcome: ::core::result::Result<
                                _,
                                ::agent_sdk::durable_task::Failure,
                            > = {
                                ::core::result::Result::Ok(
                                    Counter::compare(&__state, __input).await,
                                )
                            };
                            let __output = __outcome?;
                            ::agent_sdk::durable_task::__private::inspected::<
                                __Operation_1,
                            >(&__output)
                        })
                        .await;
                }
                if ::agent_sdk::durable_task::__private::is_operation(__context, "get") {
                    return ::agent_sdk::durable_task::__private::inspect::<
                        Self,
                        __Operation_2,
                    >(
                        __context,
                        |__state, __input, __context| {
                            ::core::result::Result::Ok(Counter::get(__state))
                        },
                    );
                }
                if ::agent_sdk::durable_task::__private::is_operation(
                    __context,
                    "delete",
                ) {
                    return ::agent_sdk::durable_task::__private::delete(__context);
                }
                ::agent_sdk::durable_task::__private::unknown_operation(
                    __context,
                    &["refresh", "compare", "get", "delete"],
                )
            }))
        }
    }
};
