// iCE40 UltraPlus: multipliers are SB_MAC16 with their own registers, two 8x8 products in one. There is no LUT RAM.
// verilator lint_off DECLFILENAME
`define HWGEN_DISTRIBUTED "auto"
`define HWGEN_DSP_BITS 16
`define HWGEN_CHUNK_BITS 16
`define HWGEN_LUT_ROWS 8

// One product in one SB_MAC16; latency 2 (operands, product) or 3 (operands, pipeline, product).
module hwgen_dsp #(
    parameter A_BITS = 16,
    parameter B_BITS = 16,
    parameter A_SIGNED = 1,
    parameter B_SIGNED = 1,
    parameter LATENCY = 2
) (
    input  wire                     clk,
    input  wire [A_BITS-1:0]        a,
    input  wire [B_BITS-1:0]        b,
    output wire [A_BITS+B_BITS-1:0] p
);
    wire [15:0] x, y;
    // verilator lint_off UNUSEDSIGNAL
    wire [31:0] q;  // sign bits above the product
    // verilator lint_on UNUSEDSIGNAL
    genvar i;
    generate
        for (i = 0; i < 16; i = i + 1) begin : place
            if (i < A_BITS) begin : a_bit
                assign x[i] = a[i];
            end else begin : a_fill
                assign x[i] = (A_SIGNED != 0) ? a[A_BITS-1] : 1'b0;
            end
            if (i < B_BITS) begin : b_bit
                assign y[i] = b[i];
            end else begin : b_fill
                assign y[i] = (B_SIGNED != 0) ? b[B_BITS-1] : 1'b0;
            end
        end
    endgenerate
    assign p = q[A_BITS+B_BITS-1:0];

    SB_MAC16 #(
        .A_REG(1'b1), .B_REG(1'b1), .A_SIGNED((A_SIGNED != 0) ? 1'b1 : 1'b0), .B_SIGNED((B_SIGNED != 0) ? 1'b1 : 1'b0),
        .TOP_8x8_MULT_REG((LATENCY == 3) ? 1'b1 : 1'b0), .BOT_8x8_MULT_REG((LATENCY == 3) ? 1'b1 : 1'b0),
        .PIPELINE_16x16_MULT_REG1((LATENCY == 3) ? 1'b1 : 1'b0), .PIPELINE_16x16_MULT_REG2(1'b1),
        .TOPOUTPUT_SELECT(2'b11), .BOTOUTPUT_SELECT(2'b11)
    ) mac (
        .CLK(clk), .CE(1'b1), .A(x), .B(y), .C(16'b0), .D(16'b0), .O(q),
        .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0), .IRSTTOP(1'b0), .IRSTBOT(1'b0),
        .ORSTTOP(1'b0), .ORSTBOT(1'b0), .OLOADTOP(1'b0), .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0),
        .OHOLDTOP(1'b0), .OHOLDBOT(1'b0), .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0)
    );
endmodule

// Two signed products of at most 8 x 8 bits in one SB_MAC16, latency 2.
module hwgen_dsp_pair #(
    parameter A_BITS = 8,
    parameter B_BITS = 8
) (
    input  wire                         clk,
    input  wire [2*A_BITS-1:0]          a,
    input  wire [2*B_BITS-1:0]          b,
    output wire [2*(A_BITS+B_BITS)-1:0] p
);
    wire [15:0] x, y;
    // verilator lint_off UNUSEDSIGNAL
    wire [31:0] q;  // sign bits above each product
    // verilator lint_on UNUSEDSIGNAL
    genvar i;
    generate
        for (i = 0; i < 16; i = i + 1) begin : place
            if (i % 8 < A_BITS) begin : a_bit
                assign x[i] = a[(i/8)*A_BITS + i%8];
            end else begin : a_fill
                assign x[i] = a[(i/8+1)*A_BITS - 1];
            end
            if (i % 8 < B_BITS) begin : b_bit
                assign y[i] = b[(i/8)*B_BITS + i%8];
            end else begin : b_fill
                assign y[i] = b[(i/8+1)*B_BITS - 1];
            end
        end
    endgenerate
    assign p = {q[16 +: A_BITS+B_BITS], q[0 +: A_BITS+B_BITS]};

    SB_MAC16 #(
        .MODE_8x8(1'b1), .A_REG(1'b1), .B_REG(1'b1), .A_SIGNED(1'b1), .B_SIGNED(1'b1),
        .TOP_8x8_MULT_REG(1'b1), .BOT_8x8_MULT_REG(1'b1), .TOPOUTPUT_SELECT(2'b10), .BOTOUTPUT_SELECT(2'b10)
    ) mac (
        .CLK(clk), .CE(1'b1), .A(x), .B(y), .C(16'b0), .D(16'b0), .O(q),
        .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0), .IRSTTOP(1'b0), .IRSTBOT(1'b0),
        .ORSTTOP(1'b0), .ORSTBOT(1'b0), .OLOADTOP(1'b0), .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0),
        .OHOLDTOP(1'b0), .OHOLDBOT(1'b0), .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0)
    );
endmodule

// LANES signed products, latency 2: two lanes to a block where they are short enough.
module hwgen_mul_lanes #(
    parameter LANES = 1,
    parameter A_BITS = 8,
    parameter B_BITS = 8
) (
    input  wire                             clk,
    input  wire [LANES*A_BITS-1:0]          a,
    input  wire [LANES*B_BITS-1:0]          b,
    output wire [LANES*(A_BITS+B_BITS)-1:0] p
);
    localparam P_BITS = A_BITS + B_BITS;
    localparam PAIRS = (A_BITS <= 8 && B_BITS <= 8) ? LANES / 2 : 0;
    genvar l;
    generate
        for (l = 0; l < PAIRS; l = l + 1) begin : pair
            hwgen_dsp_pair #(.A_BITS(A_BITS), .B_BITS(B_BITS)) dsp (
                .clk(clk), .a(a[2*l*A_BITS +: 2*A_BITS]), .b(b[2*l*B_BITS +: 2*B_BITS]), .p(p[2*l*P_BITS +: 2*P_BITS])
            );
        end
        for (l = 2 * PAIRS; l < LANES; l = l + 1) begin : lane
            hwgen_dsp #(.A_BITS(A_BITS), .B_BITS(B_BITS), .A_SIGNED(1), .B_SIGNED(1), .LATENCY(2)) dsp (
                .clk(clk), .a(a[l*A_BITS +: A_BITS]), .b(b[l*B_BITS +: B_BITS]), .p(p[l*P_BITS +: P_BITS])
            );
        end
    endgenerate
endmodule
