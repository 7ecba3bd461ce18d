// #[workflow]
// /// Answers mail.
// pub fn triage(mail: String) -> Reply {
//     store >> Detector >> verdict;
//     match verdict {
//         Verdict::Spam(reason) if reason.is_empty() => (),
//         Verdict::Spam(reason) => report(reason),
//         Verdict::Clean(id) => mails::submit(id.clone()) >> store,
//         Verdict::Unclear => verdict,
//     }
// }

/// Answers mail.
#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
pub struct triage {}
#[allow(deprecated, non_camel_case_types, clippy::all, clippy::pedantic)]
const _: () = {
    type __N_0 = store;
    type __N_1 = Detector;
    type __N_2 = verdict;
    type __N_3 = report;
    type __N_4 = mails::submit;
    const __ANY: ::core::primitive::bool = ::agent_sdk::workflow::any(
        &[
            <__N_0 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_0 as ::agent_sdk::workflow::Node>::YIELDS,
            <__N_1 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_1 as ::agent_sdk::workflow::Node>::YIELDS,
            <__N_2 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_2 as ::agent_sdk::workflow::Node>::YIELDS,
            <__N_3 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_3 as ::agent_sdk::workflow::Node>::YIELDS,
            <__N_4 as ::agent_sdk::workflow::Node>::SENDS,
            <__N_4 as ::agent_sdk::workflow::Node>::YIELDS,
        ],
    );
    struct __Run;
    impl __Run {
        const WRITE: ::agent_sdk::workflow::WriteOutput<
            <Reply as ::agent_sdk::workflow::ReturnsAtMostOne<__ANY>>::Item,
        > = <Reply as ::agent_sdk::workflow::ReturnsAtMostOne<__ANY>>::write::<triage>;
    }
    #[deny(unreachable_patterns)]
    fn __route_0(
        __message: &::agent_sdk::workflow::Message,
    ) -> ::core::result::Result<
        ::std::vec::Vec<::agent_sdk::workflow::Routed>,
        ::agent_sdk::workflow::RouteError,
    > {
        let __value: <__N_2 as ::agent_sdk::workflow::Node>::Output = <__N_2 as ::agent_sdk::workflow::Node>::read_output(
            __message,
        )?;
        ::core::result::Result::Ok(
            match __value {
                Verdict::Spam(reason) if reason.is_empty() => ::std::vec::Vec::new(),
                Verdict::Spam(reason) => {
                    ::std::vec::Vec::from([
                        ::agent_sdk::workflow::Routed {
                            to: ::agent_sdk::workflow::To::Node(3usize),
                            message: <__N_3 as ::agent_sdk::workflow::AcceptsValue<
                                _,
                                <__N_3 as ::agent_sdk::workflow::Node>::Input,
                            >>::deliver(
                                reason,
                                <__N_3 as ::agent_sdk::workflow::Node>::write_input,
                            )?,
                        },
                    ])
                }
                Verdict::Clean(id) => {
                    ::std::vec::Vec::from([
                        ::agent_sdk::workflow::Routed {
                            to: ::agent_sdk::workflow::To::Node(4usize),
                            message: <__N_4 as ::agent_sdk::workflow::AcceptsValue<
                                _,
                                <__N_4 as ::agent_sdk::workflow::Node>::Input,
                            >>::deliver(
                                id.clone(),
                                <__N_4 as ::agent_sdk::workflow::Node>::write_input,
                            )?,
                        },
                    ])
                }
                Verdict::Unclear => {
                    ::std::vec::Vec::from([
                        ::agent_sdk::workflow::Routed {
                            to: ::agent_sdk::workflow::To::Node(2usize),
                            message: <__N_2 as ::agent_sdk::workflow::Accepts<
                                <__N_2 as ::agent_sdk::workflow::Node>::Output,
                                <__N_2 as ::agent_sdk::workflow::Node>::Input,
                            >>::hand_on(
                                __message,
                                <__N_2 as ::agent_sdk::workflow::Node>::read_output,
                                <__N_2 as ::agent_sdk::workflow::Node>::write_input,
                            )?,
                        },
                    ])
                }
            },
        )
    }
    #[allow(unused_imports)]
    use ::agent_sdk::__private::Undescribed as _;
    #[allow(unused_imports)]
    use ::agent_sdk::__private::Otherwise as _;
    const _: () = <String as ::agent_sdk::__private::Taken<true>>::FITS;
    const _: () = <<__N_0 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        { <::agent_sdk::__private::TakesOther<String, __N_0>>::TYPE },
    >>::FITS;
    const _: () = <<__N_0 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_0>>::TYPE
                && !<__N_0 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const _: () = <<__N_1 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        {
            !<::agent_sdk::__private::GivesBad<__N_0>>::TYPE
                && <::agent_sdk::__private::TakesNew<__N_0, __N_1>>::TYPE
        },
    >>::FITS;
    const _: () = <<__N_1 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_1>>::TYPE
                && !<__N_1 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const _: () = <<__N_2 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        {
            !<::agent_sdk::__private::GivesBad<__N_1>>::TYPE
                && <::agent_sdk::__private::TakesNew<__N_1, __N_2>>::TYPE
        },
    >>::FITS;
    const _: () = <<__N_2 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_2>>::TYPE
                && !<__N_2 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const _: () = <<__N_3 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        { true },
    >>::FITS;
    const _: () = <<__N_3 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_3>>::TYPE
                && !<__N_3 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const _: () = <<__N_4 as ::agent_sdk::workflow::Node>::Input as ::agent_sdk::__private::Taken<
        { true },
    >>::FITS;
    const _: () = <<__N_4 as ::agent_sdk::workflow::Node>::Output as ::agent_sdk::__private::Given<
        {
            <::agent_sdk::__private::MakesNew<__N_4>>::TYPE
                && !<__N_4 as ::agent_sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const __IS_RESULT_ASKED: ::core::primitive::bool = !(false
        || <::agent_sdk::__private::GivesBad<__N_3>>::TYPE);
    const _: () = <Reply as ::agent_sdk::__private::Taken<__IS_RESULT_ASKED>>::FITS;
    const __FACTS: [::agent_sdk::workflow::NodeFacts; 5usize] = [
        ::agent_sdk::workflow::NodeFacts::of_none::<
            <__N_0 as ::agent_sdk::workflow::Node>::This,
        >()
            .adding(
                <__N_0 as ::agent_sdk::workflow::Node>::SENDS,
                <__N_0 as ::agent_sdk::workflow::Node>::YIELDS,
            ),
        ::agent_sdk::workflow::NodeFacts::of_none::<
            <__N_1 as ::agent_sdk::workflow::Node>::This,
        >()
            .adding(
                <__N_1 as ::agent_sdk::workflow::Node>::SENDS,
                <__N_1 as ::agent_sdk::workflow::Node>::YIELDS,
            ),
        ::agent_sdk::workflow::NodeFacts::of_none::<
            <__N_2 as ::agent_sdk::workflow::Node>::This,
        >()
            .adding(
                <__N_2 as ::agent_sdk::workflow::Node>::SENDS,
                <__N_2 as ::agent_sdk::workflow::Node>::YIELDS,
            ),
        ::agent_sdk::workflow::NodeFacts::of_none::<
            <__N_3 as ::agent_sdk::workflow::Node>::This,
        >()
            .adding(
                <__N_3 as ::agent_sdk::workflow::Node>::SENDS,
                <__N_3 as ::agent_sdk::workflow::Node>::YIELDS,
            ),
        ::agent_sdk::workflow::NodeFacts::of_none::<
            <__N_4 as ::agent_sdk::workflow::Node>::This,
        >()
            .adding(
                <__N_4 as ::agent_sdk::workflow::Node>::SENDS,
                <__N_4 as ::agent_sdk::workflow::Node>::YIELDS,
            ),
    ];
    const __NODE_0: ::agent_sdk::workflow::GraphNode = ::agent_sdk::workflow::GraphNode {
        id: "store",
        each: false,
        definition: &<__N_0 as ::agent_sdk::workflow::Node>::definition,
        input: ::agent_sdk::workflow::TypeData::of::<
            <__N_0 as ::agent_sdk::workflow::Node>::Input,
        >(
            <::agent_sdk::__private::SchemaOf<
                <__N_0 as ::agent_sdk::workflow::Node>::Input,
            >>::OF,
            <__N_0 as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::inner::<
            <__N_0 as ::agent_sdk::workflow::Node>::Output,
        >(<__N_0 as ::agent_sdk::workflow::Node>::check_output),
        facts: __FACTS[0usize],
        yields: &|__message: &::agent_sdk::workflow::Message| <__N_0 as ::agent_sdk::workflow::AddsTo<
            <<__N_0 as ::agent_sdk::workflow::Node>::Yielded as ::agent_sdk::workflow::Added>::Of,
            <Reply as ::agent_sdk::workflow::ReturnsAtMostOne<__ANY>>::Item,
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::Exit::To(
            &[
                ::agent_sdk::workflow::Target {
                    to: ::agent_sdk::workflow::To::Node(1usize),
                    convert: &|__message: &::agent_sdk::workflow::Message| <__N_1 as ::agent_sdk::workflow::Accepts<
                        <__N_0 as ::agent_sdk::workflow::Node>::Output,
                        <__N_1 as ::agent_sdk::workflow::Node>::Input,
                    >>::hand_on(
                        __message,
                        <__N_0 as ::agent_sdk::workflow::Node>::read_output,
                        <__N_1 as ::agent_sdk::workflow::Node>::write_input,
                    ),
                },
            ],
        ),
    };
    const __NODE_1: ::agent_sdk::workflow::GraphNode = ::agent_sdk::workflow::GraphNode {
        id: "Detector",
        each: false,
        definition: &<__N_1 as ::agent_sdk::workflow::Node>::definition,
        input: ::agent_sdk::workflow::TypeData::of::<
            <__N_1 as ::agent_sdk::workflow::Node>::Input,
        >(
            <::agent_sdk::__private::SchemaOf<
                <__N_1 as ::agent_sdk::workflow::Node>::Input,
            >>::OF,
            <__N_1 as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::inner::<
            <__N_1 as ::agent_sdk::workflow::Node>::Output,
        >(<__N_1 as ::agent_sdk::workflow::Node>::check_output),
        facts: __FACTS[1usize],
        yields: &|__message: &::agent_sdk::workflow::Message| <__N_1 as ::agent_sdk::workflow::AddsTo<
            <<__N_1 as ::agent_sdk::workflow::Node>::Yielded as ::agent_sdk::workflow::Added>::Of,
            <Reply as ::agent_sdk::workflow::ReturnsAtMostOne<__ANY>>::Item,
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::Exit::To(
            &[
                ::agent_sdk::workflow::Target {
                    to: ::agent_sdk::workflow::To::Node(2usize),
                    convert: &|__message: &::agent_sdk::workflow::Message| <__N_2 as ::agent_sdk::workflow::Accepts<
                        <__N_1 as ::agent_sdk::workflow::Node>::Output,
                        <__N_2 as ::agent_sdk::workflow::Node>::Input,
                    >>::hand_on(
                        __message,
                        <__N_1 as ::agent_sdk::workflow::Node>::read_output,
                        <__N_2 as ::agent_sdk::workflow::Node>::write_input,
                    ),
                },
            ],
        ),
    };
    const __NODE_2: ::agent_sdk::workflow::GraphNode = ::agent_sdk::workflow::GraphNode {
        id: "verdict",
        each: false,
        definition: &<__N_2 as ::agent_sdk::workflow::Node>::definition,
        input: ::agent_sdk::workflow::TypeData::of::<
            <__N_2 as ::agent_sdk::workflow::Node>::Input,
        >(
            <::agent_sdk::__private::SchemaOf<
                <__N_2 as ::agent_sdk::workflow::Node>::Input,
            >>::OF,
            <__N_2 as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::inner::<
            <__N_2 as ::agent_sdk::workflow::Node>::Output,
        >(<__N_2 as ::agent_sdk::workflow::Node>::check_output),
        facts: __FACTS[2usize],
        yields: &|__message: &::agent_sdk::workflow::Message| <__N_2 as ::agent_sdk::workflow::AddsTo<
            <<__N_2 as ::agent_sdk::workflow::Node>::Yielded as ::agent_sdk::workflow::Added>::Of,
            <Reply as ::agent_sdk::workflow::ReturnsAtMostOne<__ANY>>::Item,
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::Exit::Switch {
            route: &__route_0,
            arms: &[
                ::agent_sdk::workflow::Arm {
                    label: "Verdict::Spam(reason) if reason.is_empty()",
                    targets: &[],
                },
                ::agent_sdk::workflow::Arm {
                    label: "Verdict::Spam(reason)",
                    targets: &[::agent_sdk::workflow::To::Node(3usize)],
                },
                ::agent_sdk::workflow::Arm {
                    label: "Verdict::Clean(id)",
                    targets: &[::agent_sdk::workflow::To::Node(4usize)],
                },
                ::agent_sdk::workflow::Arm {
                    label: "Verdict::Unclear",
                    targets: &[::agent_sdk::workflow::To::Node(2usize)],
                },
            ],
        },
    };
    const __NODE_3: ::agent_sdk::workflow::GraphNode = ::agent_sdk::workflow::GraphNode {
        id: "report",
        each: false,
        definition: &<__N_3 as ::agent_sdk::workflow::Node>::definition,
        input: ::agent_sdk::workflow::TypeData::of::<
            <__N_3 as ::agent_sdk::workflow::Node>::Input,
        >(
            <::agent_sdk::__private::SchemaOf<
                <__N_3 as ::agent_sdk::workflow::Node>::Input,
            >>::OF,
            <__N_3 as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::inner::<
            <__N_3 as ::agent_sdk::workflow::Node>::Output,
        >(<__N_3 as ::agent_sdk::workflow::Node>::check_output),
        facts: __FACTS[3usize],
        yields: &|__message: &::agent_sdk::workflow::Message| <__N_3 as ::agent_sdk::workflow::AddsTo<
            <<__N_3 as ::agent_sdk::workflow::Node>::Yielded as ::agent_sdk::workflow::Added>::Of,
            <Reply as ::agent_sdk::workflow::ReturnsAtMostOne<__ANY>>::Item,
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::Exit::Output(
            &|__message: &::agent_sdk::workflow::Message| <__N_3 as ::agent_sdk::workflow::EndsWith<
                <__N_3 as ::agent_sdk::workflow::Node>::Output,
                <Reply as ::agent_sdk::workflow::ReturnsAtMostOne<__ANY>>::Item,
            >>::end(
                __message,
                <__N_3 as ::agent_sdk::workflow::Node>::read_output,
                <__Run>::WRITE,
            ),
        ),
    };
    const __NODE_4: ::agent_sdk::workflow::GraphNode = ::agent_sdk::workflow::GraphNode {
        id: "submit",
        each: false,
        definition: &<__N_4 as ::agent_sdk::workflow::Node>::definition,
        input: ::agent_sdk::workflow::TypeData::of::<
            <__N_4 as ::agent_sdk::workflow::Node>::Input,
        >(
            <::agent_sdk::__private::SchemaOf<
                <__N_4 as ::agent_sdk::workflow::Node>::Input,
            >>::OF,
            <__N_4 as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::inner::<
            <__N_4 as ::agent_sdk::workflow::Node>::Output,
        >(<__N_4 as ::agent_sdk::workflow::Node>::check_output),
        facts: __FACTS[4usize],
        yields: &|__message: &::agent_sdk::workflow::Message| <__N_4 as ::agent_sdk::workflow::AddsTo<
            <<__N_4 as ::agent_sdk::workflow::Node>::Yielded as ::agent_sdk::workflow::Added>::Of,
            <Reply as ::agent_sdk::workflow::ReturnsAtMostOne<__ANY>>::Item,
        >>::add(__message, <__Run>::WRITE),
        exit: ::agent_sdk::workflow::Exit::To(
            &[
                ::agent_sdk::workflow::Target {
                    to: ::agent_sdk::workflow::To::Node(0usize),
                    convert: &|__message: &::agent_sdk::workflow::Message| <__N_0 as ::agent_sdk::workflow::Accepts<
                        <__N_4 as ::agent_sdk::workflow::Node>::Output,
                        <__N_0 as ::agent_sdk::workflow::Node>::Input,
                    >>::hand_on(
                        __message,
                        <__N_4 as ::agent_sdk::workflow::Node>::read_output,
                        <__N_0 as ::agent_sdk::workflow::Node>::write_input,
                    ),
                },
            ],
        ),
    };
    const __SLOTS: &[::agent_sdk::workflow::Slot] = &[];
    const __NODES: &[::agent_sdk::workflow::GraphNode] = &[
        __NODE_0,
        __NODE_1,
        __NODE_2,
        __NODE_3,
        __NODE_4,
    ];
    const __VERSION: &::agent_sdk::workflow::GraphVersion = &::agent_sdk::workflow::GraphVersion::of(
        "7b0139f33946dd0ecf94d82c2ac51661",
        __NODES,
        __NAMES,
        &[
            <__N_0 as ::agent_sdk::workflow::Node>::ASKS,
            <__N_1 as ::agent_sdk::workflow::Node>::ASKS,
            <__N_2 as ::agent_sdk::workflow::Node>::ASKS,
            <__N_3 as ::agent_sdk::workflow::Node>::ASKS,
            <__N_4 as ::agent_sdk::workflow::Node>::ASKS,
        ],
        __SLOTS,
    );
    const __GRAPH: &::agent_sdk::workflow::Graph = &::agent_sdk::workflow::Graph {
        name: "triage",
        description: "Answers mail.",
        version: __VERSION.as_str(),
        supersteps_max: ::agent_sdk::workflow::SUPERSTEPS_MAX,
        retry: ::core::option::Option::None,
        timeout: ::core::option::Option::None,
        input: ::agent_sdk::workflow::TypeData::of::<
            String,
        >(
            <::agent_sdk::__private::SchemaOf<String>>::OF,
            <triage as ::agent_sdk::workflow::Node>::check_input,
        ),
        output: ::agent_sdk::workflow::TypeData::of::<
            Reply,
        >(
            <::agent_sdk::__private::SchemaOf<Reply>>::OF,
            <triage as ::agent_sdk::workflow::Node>::check_output,
        ),
        outputs: ::agent_sdk::workflow::OutputCount::AtMostOne.or_any(__ANY),
        slots: __SLOTS,
        start: ::agent_sdk::workflow::Exit::To(
            &[
                ::agent_sdk::workflow::Target {
                    to: ::agent_sdk::workflow::To::Node(0usize),
                    convert: &|__message: &::agent_sdk::workflow::Message| <__N_0 as ::agent_sdk::workflow::Accepts<
                        String,
                        <__N_0 as ::agent_sdk::workflow::Node>::Input,
                    >>::hand_on(
                        __message,
                        <triage as ::agent_sdk::workflow::Node>::read_input,
                        <__N_0 as ::agent_sdk::workflow::Node>::write_input,
                    ),
                },
            ],
        ),
        nodes: __NODES,
        joins: &[],
        forks: &[],
    };
    const __REGISTERED: ::core::option::Option<::agent_sdk::workflow::Registered> = <triage as ::agent_sdk::workflow::Node>::REGISTERED;
    const __NAMES: &[::core::option::Option<::agent_sdk::workflow::Registered>] = &[
        <__N_0 as ::agent_sdk::workflow::Node>::REGISTERED,
        <__N_1 as ::agent_sdk::workflow::Node>::REGISTERED,
        <__N_2 as ::agent_sdk::workflow::Node>::REGISTERED,
        <__N_3 as ::agent_sdk::workflow::Node>::REGISTERED,
        <__N_4 as ::agent_sdk::workflow::Node>::REGISTERED,
    ];
    const __USED: &[&[&::core::primitive::str]] = &[
        <__N_0 as ::agent_sdk::workflow::Node>::SLOTS,
        <__N_1 as ::agent_sdk::workflow::Node>::SLOTS,
        <__N_2 as ::agent_sdk::workflow::Node>::SLOTS,
        <__N_3 as ::agent_sdk::workflow::Node>::SLOTS,
        <__N_4 as ::agent_sdk::workflow::Node>::SLOTS,
    ];
    const _: () = {
        ::agent_sdk::workflow::check_names(__REGISTERED, __NAMES, 0usize);
        ::agent_sdk::workflow::check_message(
            "store",
            <__N_0 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_no_state(__GRAPH, __USED, 0usize);
    const _: () = {
        ::agent_sdk::workflow::check_names(__REGISTERED, __NAMES, 1usize);
        ::agent_sdk::workflow::check_message(
            "Detector",
            <__N_1 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_no_state(__GRAPH, __USED, 1usize);
    const _: () = {
        ::agent_sdk::workflow::check_names(__REGISTERED, __NAMES, 2usize);
        ::agent_sdk::workflow::check_message(
            "verdict",
            <__N_2 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_no_state(__GRAPH, __USED, 2usize);
    const _: () = {
        ::agent_sdk::workflow::check_names(__REGISTERED, __NAMES, 3usize);
        ::agent_sdk::workflow::check_message(
            "report",
            <__N_3 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_no_state(__GRAPH, __USED, 3usize);
    const _: () = {
        ::agent_sdk::workflow::check_names(__REGISTERED, __NAMES, 4usize);
        ::agent_sdk::workflow::check_message(
            "submit",
            <__N_4 as ::agent_sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = ::agent_sdk::workflow::check_no_state(__GRAPH, __USED, 4usize);
    #[automatically_derived]
    impl ::agent_sdk::workflow::Node for triage {
        type Input = String;
        type Output = Reply;
        type Kind = ::agent_sdk::workflow::Plain;
        type This = Self;
        type Yielded = ::agent_sdk::workflow::NoYields;
        const INPUT: ::agent_sdk::__private::Codec<String> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<String>>::OF
        };
        const OUTPUT: ::agent_sdk::__private::Codec<Reply> = {
            #[allow(unused_imports)]
            use ::agent_sdk::__private::Unkept as _;
            <::agent_sdk::__private::Codec<Reply>>::OF
        };
        const TELLS_OUTPUT: ::core::primitive::bool = true;
        const REGISTERED: ::core::option::Option<::agent_sdk::workflow::Registered> = ::core::option::Option::Some(::agent_sdk::workflow::Registered {
            kind: "workflow",
            name: "triage",
            path: ::core::concat!(::core::module_path!(), "::", "triage"),
        });
        fn definition() -> ::agent_sdk::workflow::NodeDefinition {
            ::agent_sdk::workflow::definition::<Self>()
        }
    }
    #[automatically_derived]
    impl<__S> ::agent_sdk::workflow::InState<__S> for triage {}
    #[automatically_derived]
    impl ::agent_sdk::workflow::Workflow for triage {
        const NAME: &'static ::core::primitive::str = "triage";
        const GRAPH: &'static ::agent_sdk::workflow::Graph = __GRAPH;
    }
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        type __M_0 = store;
        type __M_1 = verdict;
        type __M_2 = verdict;
    }
};
